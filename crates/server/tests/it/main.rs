//! The binary from outside: started, asked, killed, restored. Nothing here
//! sleeps: the tests wait for lines and for ends of processes.

mod backup;
mod bad_input;
mod command_line;
mod http;
mod life;
mod openapi;
mod platform;
mod sources;
