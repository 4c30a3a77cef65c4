//! Filter and projection: rows for which conditions are true, with columns handed on or computed.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, RecordBatch, RecordBatchOptions,
};
use arrow::compute::{cast, filter_record_batch};
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type, SchemaRef};
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties, PlanProperties};
use futures::StreamExt;
use rockhopper_sql::Span;

use super::{operator, properties};
use crate::error::Failure;
use crate::kind::Kind;
use crate::program::{Frame, Node, Vector, key_array, true_rows};

/// The type in which ints are added up, so that no sum of ints in memory overflows it.
pub(crate) const SUM_TYPE: DataType = DataType::Decimal128(28, 0);

/// An output column.
#[derive(Debug)]
pub(crate) enum Column {
    /// A column of the input.
    Pass(usize),
    /// The values of an expression.
    Compute(Node, Form),
    /// A sum of ints in decimal form, as an int.
    IntOfSum(usize, Span),
    /// Ints of the input, with 0 for null.
    ZeroForNull(usize),
    /// Bits of the number that says which groups are aggregated away: the first is the highest bit of the result.
    Grouping(usize, Vec<u32>),
    /// The int 0.
    Zero,
}

/// The form in which an operator of DataFusion needs an expression's values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Form {
    /// As the node's kind says.
    Plain,
    /// As [`Kind::Any`].
    Any,
    /// As the node's kind says, with one zero and one NaN: keys of groups of a native kind.
    Group,
    /// As keys of groups of any kind: equal values have equal bytes, null and undefined are Arrow nulls.
    Key,
    /// As keys of joins: besides, what equals nothing is an Arrow null.
    JoinKey,
    /// As bytes that sort as the values do, null and undefined as Arrow nulls.
    Ordered,
    /// True where there is a value, else an Arrow null.
    Present,
    /// True where there is a value, else false.
    IsPresent,
    /// True where it is true, else an Arrow null.
    True,
    /// The truth of it, null counting as false.
    Truth,
    /// Ints and floats as floats.
    Floats,
    /// Ints as decimals.
    Decimals,
}

impl Form {
    /// The Arrow type of the column.
    pub(crate) fn data_type(self, kind: Kind) -> DataType {
        match self {
            Form::Plain | Form::Group => kind.data_type(),
            Form::Any | Form::Key | Form::JoinKey | Form::Ordered => DataType::Binary,
            Form::Present | Form::IsPresent | Form::True | Form::Truth => DataType::Boolean,
            Form::Floats => DataType::Float64,
            Form::Decimals => SUM_TYPE,
        }
    }
}

/// Rows for which conditions are true, with columns handed on or computed.
#[derive(Debug)]
pub(crate) struct Map {
    input: Arc<dyn ExecutionPlan>,
    work: Arc<Work>,
    properties: Arc<PlanProperties>,
}

#[derive(Debug)]
struct Work {
    conditions: Vec<Node>,
    columns: Vec<Column>,
    schema: SchemaRef,
}

impl Map {
    /// Rows of the input for which each condition is true, as the columns of `schema`.
    pub(crate) fn new(
        input: Arc<dyn ExecutionPlan>,
        conditions: Vec<Node>,
        columns: Vec<Column>,
        schema: SchemaRef,
    ) -> Map {
        let properties = properties(schema.clone(), input.output_partitioning().partition_count());
        Map { input, work: Arc::new(Work { conditions, columns, schema }), properties }
    }

    fn describe(&self) -> String {
        let computed = self.work.columns.iter().filter(|column| !matches!(column, Column::Pass(_))).count();
        format!("{} conditions, {computed} computed columns", self.work.conditions.len())
    }

    fn start(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let input = self.input.execute(partition, context)?;
        let work = self.work.clone();
        let mapped = input.filter_map(move |batch| {
            let result = batch.and_then(|batch| work.apply(batch).map_err(Into::into));
            std::future::ready(match result {
                Ok(batch) if batch.num_rows() == 0 => None,
                other => Some(other),
            })
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.work.schema.clone(), mapped)))
    }
}

impl Work {
    fn apply(&self, batch: RecordBatch) -> std::result::Result<RecordBatch, Failure> {
        let batch = match passing(&self.conditions, &Frame::of_batch(&batch))? {
            None => batch,
            Some(mask) => filter_record_batch(&batch, &mask)?,
        };
        let frame = Frame::of_batch(&batch);
        let columns =
            self.columns.iter().map(|column| column.array(&frame)).collect::<std::result::Result<_, _>>()?;
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        Ok(RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)?)
    }
}

/// The rows for which all conditions are true; None is all. A condition is only evaluated for rows that passed those
/// before it.
pub(crate) fn passing(
    conditions: &[Node],
    frame: &Frame,
) -> std::result::Result<Option<BooleanArray>, Failure> {
    let Some((first, rest)) = conditions.split_first() else { return Ok(None) };
    let mut mask = only_true(&first.truth(frame)?);
    for condition in rest {
        let passed = true_rows(&mask);
        if passed.is_empty() {
            break;
        }
        if passed.len() == frame.rows() {
            mask = only_true(&condition.truth(frame)?);
            continue;
        }
        let found = condition.truth(&frame.select(passed.clone()))?;
        let mut values = vec![false; frame.rows()];
        for (at, row) in passed.values().iter().enumerate() {
            values[*row as usize] = found.is_valid(at) && found.value(at);
        }
        mask = values.into();
    }
    Ok(Some(mask))
}

fn only_true(mask: &BooleanArray) -> BooleanArray {
    match mask.nulls() {
        None => mask.clone(),
        Some(nulls) => BooleanArray::new(mask.values() & nulls.inner(), None),
    }
}

impl Column {
    /// The values of an expression in a form.
    pub(super) fn in_form(node: &Node, form: Form, frame: &Frame) -> std::result::Result<ArrayRef, Failure> {
        in_form(node, form, frame)
    }

    fn array(&self, frame: &Frame) -> std::result::Result<ArrayRef, Failure> {
        match self {
            Column::Pass(number) => frame.column(*number),
            Column::Compute(node, form) => in_form(node, *form, frame),
            Column::ZeroForNull(number) => {
                let ints = frame.column(*number)?;
                let ints = ints.as_primitive::<Int64Type>();
                Ok(Arc::new(ints.iter().map(|int| int.unwrap_or(0)).collect::<Int64Array>()))
            }
            Column::IntOfSum(number, span) => int_of_sum(&frame.column(*number)?, *span),
            Column::Zero => Ok(Arc::new(Int64Array::from(vec![0; frame.rows()]))),
            Column::Grouping(number, bits) => {
                let ids = cast(&frame.column(*number)?, &DataType::Int64)?;
                let grouping = |id: i64| bits.iter().fold(0, |mask, bit| mask << 1 | (id >> bit & 1));
                Ok(Arc::new(ids.as_primitive::<Int64Type>().unary::<_, Int64Type>(grouping)))
            }
        }
    }
}

fn in_form(node: &Node, form: Form, frame: &Frame) -> std::result::Result<ArrayRef, Failure> {
    let rows = frame.rows();
    Ok(match form {
        Form::Group if node.kind == Kind::Float => canonical_floats(&node.column(frame)?),
        Form::Plain | Form::Group => node.column(frame)?,
        Form::Any => node.eval(frame)?.into_array(Kind::Any, rows)?,
        Form::Key => key_array(&node.eval(frame)?, rows, false)?,
        Form::JoinKey => key_array(&node.eval(frame)?, rows, true)?,
        Form::Ordered => ordered(&node.eval(frame)?, rows)?,
        Form::Present => {
            let values = node.eval(frame)?;
            Arc::new((0..rows).map(|row| (!values.is_null(row)).then_some(true)).collect::<BooleanArray>())
        }
        Form::IsPresent => {
            let values = node.eval(frame)?;
            Arc::new((0..rows).map(|row| Some(!values.is_null(row))).collect::<BooleanArray>())
        }
        Form::True => {
            let truth = node.truth(frame)?;
            Arc::new(truth.iter().map(|truth| truth.filter(|truth| *truth)).collect::<BooleanArray>())
        }
        Form::Truth => Arc::new(only_true(&node.truth(frame)?)),
        Form::Floats => cast(&node.column(frame)?, &DataType::Float64)?,
        Form::Decimals => cast(&node.column(frame)?, &SUM_TYPE)?,
    })
}

/// The codec's bytes sort as values do; floats among themselves sort natively but for the zeros.
fn ordered(values: &Vector, rows: usize) -> std::result::Result<ArrayRef, Failure> {
    let encoded = values.clone().into_array(Kind::Any, rows)?;
    let mask: BooleanArray = (0..rows).map(|row| Some(values.is_null(row))).collect();
    Ok(arrow::compute::nullif(&encoded, &mask)?)
}

fn int_of_sum(sums: &ArrayRef, span: Span) -> std::result::Result<ArrayRef, Failure> {
    let mut ints = Vec::with_capacity(sums.len());
    for sum in sums.as_primitive::<Decimal128Type>() {
        let int = sum.map(i64::try_from).transpose().map_err(|_| {
            let message = "The result of `sum` does not fit type int; use SUM(CAST(x AS float))";
            Failure::expression("numeric_overflow", message, span)
        })?;
        ints.push(int);
    }
    Ok(Arc::new(Int64Array::from(ints)))
}

/// Floats with one zero and one NaN, so that equal values are one group.
fn canonical_floats(array: &ArrayRef) -> ArrayRef {
    let floats: Float64Array = array
        .as_primitive::<Float64Type>()
        .unary(|float| if float.is_nan() { f64::NAN } else { float + 0.0 });
    Arc::new(floats)
}

operator!(Map, "Map", children: [input]);
