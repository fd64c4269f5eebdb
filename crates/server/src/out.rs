//! What people and scripts read: results on standard output, everything else on standard error.

use std::io::{self, Write};

/// One line of result. A reader that has gone (`| head`) is no fault.
pub(crate) fn line(text: &str) {
    write(&mut io::stdout().lock(), text);
}

/// One line beside the result: progress, hints.
pub(crate) fn note(text: &str) {
    write(&mut io::stderr().lock(), text);
}

/// One line that says why it ends here.
pub(crate) fn error(text: &str) {
    write(&mut io::stderr().lock(), text);
}

fn write(to: &mut dyn Write, text: &str) {
    let written = writeln!(to, "{text}").and_then(|()| to.flush());
    if let Err(error) = written
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        tracing::debug!(%error, "a line could not be written");
    }
}
