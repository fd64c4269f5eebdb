//! The reference for writing: the same bytes appended and synced, nothing else.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;

/// Records of a size per second when so many share one `fdatasync`.
pub(crate) fn records_per_s(folder: &Path, size_bytes: usize, batch: usize) -> Result<f64> {
    let mut file = File::create(folder.join("reference"))?;
    let bytes = vec![0x5a; size_bytes * batch];
    let start = Instant::now();
    let mut records = 0_u32;
    while start.elapsed() < Duration::from_secs(4) {
        file.write_all(&bytes)?;
        file.sync_data()?;
        records += u32::try_from(batch)?;
    }
    Ok(f64::from(records) / start.elapsed().as_secs_f64())
}
