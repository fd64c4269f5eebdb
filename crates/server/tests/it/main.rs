//! The binary from outside: started, asked, killed, restored. Nothing here
//! sleeps: the tests wait for lines and for ends of processes.

mod backup;
mod bad_input;
mod clock;
mod command_line;
mod correction;
mod damage;
mod dist;
mod durability;
mod export_history;
mod full_disk;
mod hosts;
mod http;
mod huge;
mod life;
mod openapi;
mod permissions;
mod platform;
mod reference;
mod reports;
mod schedule;
mod snippets;
mod sources;
mod tenants;
mod trace;
mod transfer;
