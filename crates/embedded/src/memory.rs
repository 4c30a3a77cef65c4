//! The memory of one query, counted against its own limit and that of all queries together.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow::array::{Array, ArrayRef, RecordBatch};
use datafusion::common::resources_datafusion_err;
use datafusion::error::Result;
use datafusion::execution::memory_pool::{MemoryLimit, MemoryPool, MemoryReservation};

/// The memory of one query.
#[derive(Debug)]
pub(crate) struct QueryMemory {
    used: AtomicUsize,
    limit_bytes: usize,
    all: Arc<AllMemory>,
}

/// The memory of all queries together.
#[derive(Debug)]
pub(crate) struct AllMemory {
    used: AtomicUsize,
    limit_bytes: usize,
}

impl AllMemory {
    /// Bytes that are used now.
    pub(crate) fn used_bytes(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// At most so many bytes.
    pub(crate) fn new(limit_bytes: usize) -> AllMemory {
        AllMemory { used: AtomicUsize::new(0), limit_bytes }
    }
}

impl QueryMemory {
    /// At most so many bytes for this query.
    pub(crate) fn new(limit_bytes: usize, all: Arc<AllMemory>) -> QueryMemory {
        QueryMemory { used: AtomicUsize::new(0), limit_bytes, all }
    }
}

impl fmt::Display for QueryMemory {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        write!(out, "{} of {} bytes", self.used.load(Ordering::Relaxed), self.limit_bytes)
    }
}

/// The bytes of a batch's own rows, also where they are a part of larger columns, as the batches of one aggregation are.
pub(crate) fn bytes_of(batch: &RecordBatch) -> usize {
    let bytes = |column: &ArrayRef| column.to_data().get_slice_memory_size();
    batch
        .columns()
        .iter()
        .map(|column| bytes(column).unwrap_or_else(|_| column.get_array_memory_size()))
        .sum()
}

fn try_add(counter: &AtomicUsize, additional: usize, limit: usize) -> bool {
    counter
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            used.checked_add(additional).filter(|used| *used <= limit)
        })
        .is_ok()
}

impl MemoryPool for QueryMemory {
    fn name(&self) -> &str {
        "query"
    }

    fn grow(&self, _: &MemoryReservation, additional: usize) {
        self.used.fetch_add(additional, Ordering::Relaxed);
        self.all.used.fetch_add(additional, Ordering::Relaxed);
    }

    fn shrink(&self, _: &MemoryReservation, shrink: usize) {
        self.used.fetch_sub(shrink, Ordering::Relaxed);
        self.all.used.fetch_sub(shrink, Ordering::Relaxed);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        if !try_add(&self.used, additional, self.limit_bytes) {
            let name = reservation.consumer().name();
            return Err(resources_datafusion_err!("{name} of a query would pass {} bytes", self.limit_bytes));
        }
        if !try_add(&self.all.used, additional, self.all.limit_bytes) {
            self.used.fetch_sub(additional, Ordering::Relaxed);
            return Err(resources_datafusion_err!("all queries would pass {} bytes", self.all.limit_bytes));
        }
        Ok(())
    }

    fn reserved(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::Finite(self.limit_bytes)
    }
}
