//! Any aggregate over any values, one value at a time: the rules of `rockhopper-values` as an aggregate of DataFusion.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering as Atomic};

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::{Accumulator, AggregateUDFImpl, Signature, Volatility};
use rockhopper_sql::resolved::AggregateCall;
use rockhopper_sql::{Function, Span, Value};
use rockhopper_values as values;
use rockhopper_values::codec;

use crate::error::Failure;

/// Memory of a value that is kept, besides its text.
const VALUE_BYTES: usize = 48;

/// Tells the aggregates of all statements apart.
static NEXT_ID: AtomicUsize = AtomicUsize::new(0);

/// An aggregate over columns of any values: its arguments, then its sort keys.
#[derive(Debug)]
pub(crate) struct ValueAggregate {
    id: usize,
    call: Arc<Details>,
    signature: Signature,
}

#[derive(Debug)]
pub(crate) struct Details {
    function: Function,
    arguments: usize,
    distinct: bool,
    /// For each sort key: descending, nulls first.
    order: Vec<(bool, bool)>,
    limit: Option<usize>,
    offset: usize,
    span: Span,
}

impl ValueAggregate {
    /// The aggregate of a call with so many arguments. FILTER is DataFusion's part.
    pub(crate) fn new(
        call: &AggregateCall,
        arguments: usize,
        limit: Option<usize>,
        offset: usize,
    ) -> ValueAggregate {
        let details = Details {
            function: call.function,
            arguments,
            distinct: call.distinct,
            order: call.order_by.iter().map(|key| (key.descending, key.nulls_first)).collect(),
            limit,
            offset,
            span: call.span,
        };
        ValueAggregate {
            id: NEXT_ID.fetch_add(1, Atomic::Relaxed),
            call: Arc::new(details),
            signature: Signature::variadic_any(Volatility::Immutable),
        }
    }
}

impl PartialEq for ValueAggregate {
    fn eq(&self, other: &ValueAggregate) -> bool {
        self.id == other.id
    }
}

impl Eq for ValueAggregate {}

impl Hash for ValueAggregate {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.id.hash(state);
    }
}

impl AggregateUDFImpl for ValueAggregate {
    fn name(&self) -> &str {
        self.call.function.name()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Binary)
    }

    fn accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Gathered::new(self.call.clone())?))
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        Ok(vec![Arc::new(Field::new(format!("{}[state]", args.name), DataType::Binary, true))])
    }
}

/// What one group has gathered.
#[derive(Debug)]
enum Gathered {
    /// The state of the function itself.
    Running(Arc<Details>, values::Accumulator),
    /// The rows, where they have to be told apart or put in order first.
    Rows(Arc<Details>, KeptRows),
}

#[derive(Debug, Default)]
struct KeptRows {
    /// Arguments, then sort keys.
    rows: Vec<Vec<Value>>,
    seen: HashSet<Vec<u8>>,
    bytes: usize,
}

impl Gathered {
    fn new(call: Arc<Details>) -> std::result::Result<Gathered, Failure> {
        let whole = call.order.is_empty() && !call.distinct && call.limit.is_none() && call.offset == 0;
        if whole {
            let accumulator = values::Accumulator::new(call.function)?;
            return Ok(Gathered::Running(call, accumulator));
        }
        Ok(Gathered::Rows(call, KeptRows::default()))
    }

    fn add(&mut self, row: &[Value]) -> std::result::Result<(), Failure> {
        match self {
            Gathered::Running(call, accumulator) => {
                accumulator.update(row).map_err(|error| Failure::from(error).at(call.span))
            }
            Gathered::Rows(call, kept) => {
                kept.add(call, row.to_vec());
                Ok(())
            }
        }
    }

    fn result(&self) -> std::result::Result<Value, Failure> {
        let (call, found) = match self {
            Gathered::Running(call, accumulator) => (call, accumulator.finish()),
            Gathered::Rows(call, kept) => (call, kept.result(call)),
        };
        found.map_err(|error| Failure::from(error).at(call.span))
    }

    fn state_value(&self) -> Value {
        match self {
            Gathered::Running(_, accumulator) => accumulator.state(),
            Gathered::Rows(_, kept) => Value::Array(kept.rows.iter().cloned().map(Value::Array).collect()),
        }
    }

    fn merge(&mut self, state: &Value) -> std::result::Result<(), Failure> {
        match self {
            Gathered::Running(call, accumulator) => {
                accumulator.merge(state).map_err(|error| Failure::from(error).at(call.span))
            }
            Gathered::Rows(call, kept) => {
                let Value::Array(rows) = state else {
                    return Err(Failure::internal("not the state of an aggregate"));
                };
                for row in rows {
                    let Value::Array(row) = row else {
                        return Err(Failure::internal("not the state of an aggregate"));
                    };
                    kept.add(call, row.clone());
                }
                Ok(())
            }
        }
    }
}

impl KeptRows {
    fn add(&mut self, call: &Details, row: Vec<Value>) {
        let mut key = Vec::new();
        if call.distinct {
            row.iter().take(call.arguments).for_each(|value| codec::encode_key(value, &mut key));
            if self.seen.contains(&key) {
                return;
            }
        }
        self.bytes += key.len() + row.iter().map(size_bytes).sum::<usize>();
        if call.distinct {
            self.seen.insert(key);
        }
        self.rows.push(row);
    }

    fn result(&self, call: &Details) -> values::Result<Value> {
        let mut rows: Vec<&Vec<Value>> = self.rows.iter().collect();
        rows.sort_by(|left, right| {
            let keys = left[call.arguments..].iter().zip(&right[call.arguments..]).zip(&call.order);
            keys.map(|((left, right), order)| compare(left, right, *order))
                .find(|order| order.is_ne())
                .unwrap_or(Ordering::Equal)
        });
        let mut accumulator = values::Accumulator::new(call.function)?;
        for row in rows.into_iter().skip(call.offset).take(call.limit.unwrap_or(usize::MAX)) {
            accumulator.update(&row[..call.arguments])?;
        }
        accumulator.finish()
    }
}

/// The order of two sort keys.
pub(crate) fn compare(left: &Value, right: &Value, (descending, nulls_first): (bool, bool)) -> Ordering {
    match (left.is_null(), right.is_null()) {
        (true, true) => Ordering::Equal,
        (true, false) => {
            if nulls_first {
                Ordering::Less
            } else {
                Ordering::Greater
            }
        }
        (false, true) => {
            if nulls_first {
                Ordering::Greater
            } else {
                Ordering::Less
            }
        }
        (false, false) if descending => values::order(right, left),
        (false, false) => values::order(left, right),
    }
}

/// About the memory that a value takes.
pub(crate) fn size_bytes(value: &Value) -> usize {
    VALUE_BYTES
        + match value {
            Value::String(text) => text.len(),
            Value::Bytes(bytes) => bytes.len(),
            Value::Array(items) => items.iter().map(size_bytes).sum(),
            Value::Object(members) => {
                members.iter().map(|(name, value)| name.len() + size_bytes(value)).sum()
            }
            _ => 0,
        }
}

fn decoded(array: &ArrayRef, row: usize) -> std::result::Result<Value, Failure> {
    if array.is_null(row) { Ok(Value::Null) } else { Ok(codec::decode(array.as_binary::<i32>().value(row))?) }
}

fn scalar(value: &Value) -> ScalarValue {
    let mut bytes = Vec::new();
    codec::encode(value, &mut bytes);
    ScalarValue::Binary(Some(bytes))
}

impl Accumulator for Gathered {
    fn update_batch(&mut self, columns: &[ArrayRef]) -> Result<()> {
        let count = match self {
            Gathered::Running(call, _) => call.arguments,
            Gathered::Rows(call, _) => call.arguments + call.order.len(),
        };
        let rows = columns.first().map_or(0, |column| column.len());
        let mut row_values = Vec::with_capacity(count);
        for row in 0..rows {
            row_values.clear();
            for column in columns.iter().take(count) {
                row_values.push(decoded(column, row)?);
            }
            self.add(&row_values)?;
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(scalar(&self.result()?))
    }

    fn size(&self) -> usize {
        size_of_val(self)
            + match self {
                Gathered::Running(_, accumulator) => accumulator.size_bytes(),
                Gathered::Rows(_, kept) => kept.bytes,
            }
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![scalar(&self.state_value())])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let Some(states) = states.first() else { return Ok(()) };
        for row in 0..states.len() {
            if states.is_valid(row) {
                self.merge(&decoded(states, row)?)?;
            }
        }
        Ok(())
    }
}
