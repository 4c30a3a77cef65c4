//! DataFusion operators of our own: everything that evaluates expressions or reads the store.

mod condition;
mod count_words;
mod given;
mod keep;
mod leading;
mod map;
mod repeat;
mod scan;
mod top_rows;
mod unnest;
mod window;

use std::sync::Arc;

use arrow::datatypes::SchemaRef;
use datafusion::physical_expr::EquivalenceProperties;
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::{Partitioning, PlanProperties};

pub(crate) use condition::Condition;
pub(crate) use count_words::CountWords;
pub(crate) use given::Given;
pub(crate) use keep::Keep;
pub(crate) use leading::Leading;
pub(crate) use map::{Column, Form, Map};
pub(crate) use repeat::{Repeat, RepeatRule};
pub(crate) use scan::{
    Documents, Passing, Pruning, Run, Scan, ScanColumn, ScanCondition, ScanPlan, Siblings, Tasks,
    WordCondition, Work,
};
pub(crate) use top_rows::{KeptTops, MAX_TOP_ROWS, TopKey, TopRows, TopValue};
pub(crate) use unnest::{ElementColumns, Unnest};
pub(crate) use window::{Call as WindowCall, FrameBound, FrameSpec, Window};

/// The properties of an operator that promises nothing but its schema.
fn properties(schema: SchemaRef, partitions: usize) -> Arc<PlanProperties> {
    Arc::new(PlanProperties::new(
        EquivalenceProperties::new(schema),
        Partitioning::UnknownPartitioning(partitions),
        EmissionType::Incremental,
        Boundedness::Bounded,
    ))
}

/// What every operator of ours has to say to DataFusion besides its work: its children, and how to replace them.
macro_rules! operator {
    ($name:ident, $label:literal, children: [$($child:ident),*]) => {
        impl datafusion::physical_plan::DisplayAs for $name {
            fn fmt_as(
                &self,
                _: datafusion::physical_plan::DisplayFormatType,
                out: &mut std::fmt::Formatter,
            ) -> std::fmt::Result {
                write!(out, "{}: {}", $label, self.describe())
            }
        }

        impl datafusion::physical_plan::ExecutionPlan for $name {
            fn name(&self) -> &str {
                $label
            }

            fn properties(&self) -> &std::sync::Arc<datafusion::physical_plan::PlanProperties> {
                &self.properties
            }

            fn children(&self) -> Vec<&std::sync::Arc<dyn datafusion::physical_plan::ExecutionPlan>> {
                vec![$(&self.$child),*]
            }

            fn apply_expressions(
                &self,
                _: &mut dyn FnMut(
                    &std::sync::Arc<dyn datafusion::physical_plan::PhysicalExpr>,
                ) -> datafusion::error::Result<datafusion::common::tree_node::TreeNodeRecursion>,
            ) -> datafusion::error::Result<datafusion::common::tree_node::TreeNodeRecursion> {
                Ok(datafusion::common::tree_node::TreeNodeRecursion::Continue)
            }

            fn with_new_children(
                self: std::sync::Arc<Self>,
                _: Vec<std::sync::Arc<dyn datafusion::physical_plan::ExecutionPlan>>,
            ) -> datafusion::error::Result<std::sync::Arc<dyn datafusion::physical_plan::ExecutionPlan>> {
                // Plans are built as they run: no optimizer rewrites them.
                Ok(self)
            }

            fn execute(
                &self,
                partition: usize,
                context: std::sync::Arc<datafusion::execution::TaskContext>,
            ) -> datafusion::error::Result<datafusion::execution::SendableRecordBatchStream> {
                // Batches are counted, so that a query gives way to the runtime and can be stopped.
                self.start(partition, context).map(datafusion::physical_plan::coop::make_cooperative)
            }
        }
    };
}
use operator;
