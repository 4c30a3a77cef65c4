//! Conditions of ours inside an operator of DataFusion.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use arrow::array::{BooleanArray, RecordBatch};
use arrow::datatypes::{DataType, Schema};
use datafusion::error::Result;
use datafusion::logical_expr::ColumnarValue;
use datafusion::physical_expr::PhysicalExpr;

use super::map::passing;
use crate::program::{Frame, Node};

/// Whether all of some conditions are true, as an expression of DataFusion.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    nodes: Arc<Vec<Node>>,
}

impl Condition {
    /// True where all nodes are true, else false.
    pub(crate) fn new(nodes: Vec<Node>) -> Condition {
        Condition { nodes: Arc::new(nodes) }
    }
}

impl PartialEq for Condition {
    fn eq(&self, other: &Condition) -> bool {
        Arc::ptr_eq(&self.nodes, &other.nodes)
    }
}

impl Eq for Condition {}

impl Hash for Condition {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (Arc::as_ptr(&self.nodes) as usize).hash(state);
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        write!(out, "{} conditions", self.nodes.len())
    }
}

impl PhysicalExpr for Condition {
    fn data_type(&self, _: &Schema) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn nullable(&self, _: &Schema) -> Result<bool> {
        Ok(false)
    }

    fn evaluate(&self, batch: &RecordBatch) -> Result<ColumnarValue> {
        let mask = passing(&self.nodes, &Frame::of_batch(batch))?;
        let mask = mask.unwrap_or_else(|| BooleanArray::from(vec![true; batch.num_rows()]));
        Ok(ColumnarValue::Array(Arc::new(mask)))
    }

    fn children(&self) -> Vec<&Arc<dyn PhysicalExpr>> {
        Vec::new()
    }

    fn with_new_children(self: Arc<Self>, _: Vec<Arc<dyn PhysicalExpr>>) -> Result<Arc<dyn PhysicalExpr>> {
        Ok(self)
    }

    fn fmt_sql(&self, out: &mut fmt::Formatter) -> fmt::Result {
        write!(out, "{self}")
    }
}
