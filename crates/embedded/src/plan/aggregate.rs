//! GROUP BY and aggregates.
//!
//! DataFusion's own aggregates serve where they give what Rockset's rules ask for; the others go through
//! [`function_aggregate`](super::function_aggregate), value by value.

use std::sync::Arc;

use arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::ScalarValue;
use datafusion::functions_aggregate::{average, count, min_max, sum};
use datafusion::logical_expr::AggregateUDF;
use datafusion::physical_expr::aggregate::{AggregateExprBuilder, AggregateFunctionExpr};
use datafusion::physical_expr::{PhysicalExpr, expressions};
use datafusion::physical_plan::aggregates::{AggregateExec, AggregateMode, PhysicalGroupBy};
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties, Partitioning};
use rockhopper_sql::resolved::{AggregateCall, ColumnId, Expr, Plan};
use rockhopper_sql::{Function, Span};

use super::function_aggregate::ValueAggregate;
use super::layout::{Key, Keys, Layout, Slot};
use super::{Demand, Planner, Rows};
use crate::error::Failure;
use crate::kind::{Absent, Kind};
use crate::operator::{Column, Form};
use crate::program::{Compiler, Node};

/// An aggregate as DataFusion runs it, over columns by number.
pub(super) struct Call {
    function: Arc<AggregateUDF>,
    arguments: Vec<usize>,
    filter: Option<usize>,
    distinct: bool,
    /// How the result is held.
    kind: Kind,
    /// What the result has to be turned into.
    result: CallResult,
}

/// What the result of an aggregate of DataFusion has to be turned into.
enum CallResult {
    /// It is right.
    AsItIs,
    /// A sum of ints in decimal form, of the call at this place, is to be an int.
    IntOfSum(Span),
    /// A sum of counts: null is 0.
    Count,
}

/// What is grouped, by what, for which aggregates.
pub(super) struct Grouping<'p> {
    pub(super) input: &'p Plan,
    pub(super) groups: &'p [(ColumnId, Expr)],
    pub(super) aggregates: Vec<&'p (ColumnId, AggregateCall)>,
}

/// The rows that go into an aggregation, or come out of it.
pub(super) struct Grouped {
    pub(super) plan: Arc<dyn ExecutionPlan>,
    pub(super) parts: GroupedParts,
}

/// What the columns of an aggregation's result are made of.
pub(super) struct GroupedParts {
    pub(super) slots: Vec<Slot>,
    pub(super) calls: Vec<(ColumnId, Call)>,
}

impl<'p> Grouping<'p> {
    /// The expressions that are evaluated for each row.
    pub(super) fn exprs(&self) -> Vec<&'p Expr> {
        let mut exprs: Vec<&Expr> = self.groups.iter().map(|(_, expr)| expr).collect();
        for (_, call) in &self.aggregates {
            let order = call.order_by.iter().map(|key| &key.expr);
            exprs.extend(call.arguments.iter().chain(&call.filter).chain(order));
        }
        exprs
    }
}

/// The columns that go into an aggregation: expressions in the forms that are needed.
#[derive(Default)]
struct Inputs {
    forms: Vec<(Node, Form)>,
}

impl Inputs {
    /// Adds a column and gives its number.
    fn push(&mut self, node: Node, form: Form) -> usize {
        self.forms.push((node, form));
        self.forms.len() - 1
    }
}

impl Planner<'_> {
    pub(super) fn aggregate<'p>(&self, plan: &'p Plan, demand: Demand<'p>) -> Result<Rows, Failure> {
        let Plan::Aggregate { input, groups, sets, aggregates, groupings } = plan else {
            return Err(Failure::internal("not an aggregation"));
        };
        let needed = self.with_columns_of(&demand.required, demand.conditions.iter().copied());
        let aggregates: Vec<_> =
            aggregates.iter().filter(|(column, _)| needed.contains(&Key::Column(*column))).collect();
        let grouping = Grouping { input, groups, aggregates };
        let first = demand.first.as_ref().filter(|_| demand.conditions.is_empty());
        let Grouped { plan, parts } = match self.in_parts(&grouping, sets.is_some(), first)? {
            Some(found) => found,
            None => {
                let Grouped { plan, parts } = self.grouped(&grouping)?;
                let plan = aggregated(plan, groups.len(), sets.as_deref(), &parts.calls)?;
                Grouped { plan, parts }
            }
        };
        let rows = results(plan, parts.slots, &parts.calls, groups.len(), sets.is_some(), groupings);
        self.filtered(rows, demand)
    }

    /// The rows that go into an aggregation, with its columns in the forms that it needs.
    pub(super) fn grouped(&self, grouping: &Grouping) -> Result<Grouped, Failure> {
        let Grouping { input, groups, aggregates } = grouping;
        let mut required = self.with_columns_of(&Keys::new(), grouping.exprs());
        let is_single = required.len() == 1 && !groups.is_empty();
        if is_single && is_over_documents(input) && aggregates.iter().all(|(_, call)| is_countable(call)) {
            required.insert(Key::Count);
        }
        let rows = self.lower(input, Demand { required, ..Demand::default() })?;
        let mut inputs = Inputs::default();
        let mut slots = Vec::new();
        let compiler = Compiler::new(self.context, &rows.layout);
        for (column, expr) in *groups {
            let node = compiler.compile(expr)?;
            slots.push(Slot { key: Key::Column(*column), kind: node.kind, absent: Absent::Null });
            let form = if node.kind == Kind::Any { Form::Key } else { Form::Group };
            inputs.push(node, form);
        }
        let mut calls = Vec::with_capacity(aggregates.len());
        for (column, call) in aggregates {
            calls.push((*column, self.call(call, &compiler, &rows.layout, &mut inputs)?));
        }
        Ok(Grouped { plan: rows.into_forms(inputs.forms).plan, parts: GroupedParts { slots, calls } })
    }

    fn call(
        &self,
        call: &AggregateCall,
        compiler: &Compiler,
        layout: &Layout,
        inputs: &mut Inputs,
    ) -> Result<Call, Failure> {
        let filter = match &call.filter {
            Some(expr) => Some(inputs.push(compiler.compile(expr)?, Form::Truth)),
            None => None,
        };
        if let Some(counts) = layout.find(&Key::Count)
            && matches!(call.function, Function::Count | Function::CountIf)
            && !call.distinct
        {
            let counts = Node::input_of(counts, Kind::Int, Absent::Never);
            let argument = call.arguments.first().map(|expr| compiler.compile(expr)).transpose()?;
            return Ok(Call::sum_of(counts, argument, call.function, inputs));
        }
        let mut nodes = Vec::with_capacity(call.arguments.len());
        for expr in &call.arguments {
            nodes.push(compiler.compile(expr)?);
        }
        if let Some(native) = native(call, &nodes) {
            let arguments = match (nodes.pop(), native.form) {
                (Some(node), Some(form)) => vec![inputs.push(node, form)],
                _ => Vec::new(),
            };
            let result = if native.int_of_sum { CallResult::IntOfSum(call.span) } else { CallResult::AsItIs };
            let Native { function, kind, .. } = native;
            return Ok(Call { function, arguments, filter, distinct: call.distinct, kind, result });
        }
        let argument_count = nodes.len();
        let mut arguments: Vec<usize> = nodes.into_iter().map(|node| inputs.push(node, Form::Any)).collect();
        for key in &call.order_by {
            arguments.push(inputs.push(compiler.compile(&key.expr)?, Form::Any));
        }
        let row_count = |expr: &Option<Expr>, what| match expr {
            Some(expr) => self.row_count(expr, what),
            None => Ok(None),
        };
        let (limit, offset) =
            (row_count(&call.limit, "LIMIT")?, row_count(&call.offset, "OFFSET")?.unwrap_or(0));
        let function = Arc::new(AggregateUDF::from(ValueAggregate::new(call, argument_count, limit, offset)));
        let result = CallResult::AsItIs;
        Ok(Call { function, arguments, filter, distinct: false, kind: Kind::Any, result })
    }
}

/// An aggregate of DataFusion that gives what Rockset's does.
struct Native {
    function: Arc<AggregateUDF>,
    /// None: it takes no argument.
    form: Option<Form>,
    kind: Kind,
    int_of_sum: bool,
}

fn native(call: &AggregateCall, arguments: &[Node]) -> Option<Native> {
    use Function::*;
    if !call.order_by.is_empty() || call.limit.is_some() || call.offset.is_some() {
        return None;
    }
    let (function, form, kind) = match (call.function, arguments, call.distinct) {
        (Count, [], false) => (count::count_udaf(), None, Kind::Int),
        (Count, [argument], true) => {
            let keyed = matches!(argument.kind, Kind::Any | Kind::Float | Kind::Bool);
            (count::count_udaf(), Some(if keyed { Form::Key } else { Form::Plain }), Kind::Int)
        }
        (Count, [argument], false) => {
            let form = if argument.kind == Kind::Any { Form::Present } else { Form::Plain };
            (count::count_udaf(), Some(form), Kind::Int)
        }
        (CountIf, [_], false) => (count::count_udaf(), Some(Form::True), Kind::Int),
        (Sum, [argument], false) if argument.kind == Kind::Int => {
            let function = sum::sum_udaf();
            return Some(Native { function, form: Some(Form::Decimals), kind: Kind::Int, int_of_sum: true });
        }
        (Sum, [argument], false) if argument.kind == Kind::Float => {
            (sum::sum_udaf(), Some(Form::Plain), Kind::Float)
        }
        (Avg, [argument], false) if argument.kind.is_number() => {
            (average::avg_udaf(), Some(Form::Floats), Kind::Float)
        }
        (Min, [argument], _) if has_native_order(argument.kind) => {
            (min_max::min_udaf(), Some(Form::Plain), argument.kind)
        }
        (Max, [argument], _) if has_native_order(argument.kind) => {
            (min_max::max_udaf(), Some(Form::Plain), argument.kind)
        }
        _ => return None,
    };
    Some(Native { function, form, kind, int_of_sum: false })
}

/// Whether the rows are those of documents or of elements of their arrays, so that equal ones may be counted instead of
/// handed on.
fn is_over_documents(plan: &Plan) -> bool {
    match plan {
        Plan::Filter { input, .. } | Plan::Extend { input, .. } | Plan::Unnest { input, .. } => {
            is_over_documents(input)
        }
        Plan::Collection { .. } => true,
        _ => false,
    }
}

/// Whether an aggregate can be had from rows that stand for several.
fn is_countable(call: &AggregateCall) -> bool {
    match call.function {
        Function::Count => call.distinct || call.filter.is_none(),
        Function::CountIf => call.filter.is_none(),
        Function::Min | Function::Max => true,
        _ => false,
    }
}

/// Whether Arrow and SQL agree which of two values is less: of floats they do not, for NaN.
fn has_native_order(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Int
            | Kind::String
            | Kind::Timestamp
            | Kind::Date
            | Kind::DateTime
            | Kind::Time
            | Kind::MonthInterval
    )
}

pub(super) fn column_expr(number: usize) -> Arc<dyn PhysicalExpr> {
    Arc::new(expressions::Column::new(&format!("c{number}"), number))
}

impl Call {
    /// How many rows have a value in the column.
    pub(super) fn count_of(function: Arc<AggregateUDF>, column: usize) -> Call {
        Call {
            function,
            arguments: vec![column],
            filter: None,
            distinct: false,
            kind: Kind::Int,
            result: CallResult::AsItIs,
        }
    }

    /// `COUNT` and `COUNT_IF` over rows that stand for several.
    fn sum_of(counts: Node, argument: Option<Node>, function: Function, inputs: &mut Inputs) -> Call {
        let form = if function == Function::CountIf { Form::Truth } else { Form::IsPresent };
        Call {
            function: sum::sum_udaf(),
            arguments: vec![inputs.push(counts, Form::Plain)],
            filter: argument.map(|argument| inputs.push(argument, form)),
            distinct: false,
            kind: Kind::Int,
            result: CallResult::Count,
        }
    }

    fn build(&self, number: usize, schema: &SchemaRef) -> Result<AggregateFunctionExpr, Failure> {
        let mut arguments: Vec<_> = self.arguments.iter().map(|number| column_expr(*number)).collect();
        if arguments.is_empty() {
            arguments.push(expressions::lit(1i64));
        }
        let builder = AggregateExprBuilder::new(self.function.clone(), arguments)
            .schema(schema.clone())
            .alias(format!("a{number}"))
            .with_distinct(self.distinct);
        Ok(builder.build()?)
    }
}

/// The operators that group by the first `groups` columns.
pub(super) fn aggregated(
    input: Arc<dyn ExecutionPlan>,
    groups: usize,
    sets: Option<&[Vec<usize>]>,
    calls: &[(ColumnId, Call)],
) -> Result<Arc<dyn ExecutionPlan>, Failure> {
    let steps = Steps::new(input.schema(), groups, sets, calls)?;
    let partitions = input.output_partitioning().partition_count();
    if partitions == 1 {
        return steps.step(AggregateMode::Single, input);
    }
    let partial = steps.step(AggregateMode::Partial, input)?;
    if groups == 0 {
        return steps.step(AggregateMode::Final, Arc::new(CoalescePartitionsExec::new(partial)));
    }
    let hash = Partitioning::Hash(steps.group_by.as_final().input_exprs(), partitions);
    steps.step(AggregateMode::FinalPartitioned, Arc::new(RepartitionExec::try_new(partial, hash)?))
}

/// The steps of one aggregation.
pub(super) struct Steps {
    schema: SchemaRef,
    group_by: PhysicalGroupBy,
    functions: Vec<Arc<AggregateFunctionExpr>>,
    filters: Vec<Option<Arc<dyn PhysicalExpr>>>,
}

impl Steps {
    /// Over rows of a schema.
    pub(super) fn new(
        schema: SchemaRef,
        groups: usize,
        sets: Option<&[Vec<usize>]>,
        calls: &[(ColumnId, Call)],
    ) -> Result<Steps, Failure> {
        let group_by = grouping(groups, sets, &schema)?;
        let mut functions = Vec::with_capacity(calls.len());
        let mut filters = Vec::with_capacity(calls.len());
        for (number, (_, call)) in calls.iter().enumerate() {
            functions.push(Arc::new(call.build(number, &schema)?));
            filters.push(call.filter.map(column_expr));
        }
        Ok(Steps { schema, group_by, functions, filters })
    }

    /// The column of the states that a step gives in which a call's state is an int; None if it is another.
    pub(super) fn int_state(&self, call: usize) -> Result<Option<usize>, Failure> {
        let mut column = self.group_by.num_group_exprs();
        for function in &self.functions[..call] {
            column += function.state_fields()?.len();
        }
        let state = self.functions[call].state_fields()?;
        let is_int = matches!(state.as_slice(), [field] if field.data_type() == &DataType::Int64);
        Ok(is_int.then_some(column))
    }

    /// One step: over rows, or over the states that a step gave.
    pub(super) fn step(
        &self,
        mode: AggregateMode,
        input: Arc<dyn ExecutionPlan>,
    ) -> Result<Arc<dyn ExecutionPlan>, Failure> {
        let over_rows = matches!(mode, AggregateMode::Single | AggregateMode::Partial);
        let group_by = if over_rows { self.group_by.clone() } else { self.group_by.as_final() };
        let filters = if over_rows { self.filters.clone() } else { vec![None; self.filters.len()] };
        let (functions, schema) = (self.functions.clone(), self.schema.clone());
        Ok(Arc::new(AggregateExec::try_new(mode, group_by, functions, filters, input, schema)?))
    }
}

fn grouping(
    groups: usize,
    sets: Option<&[Vec<usize>]>,
    schema: &SchemaRef,
) -> Result<PhysicalGroupBy, Failure> {
    let named = |number: usize| (column_expr(number), format!("c{number}"));
    let exprs = (0..groups).map(named).collect();
    let Some(sets) = sets else { return Ok(PhysicalGroupBy::new_single(exprs)) };
    let mut nulls = Vec::with_capacity(groups);
    for number in 0..groups {
        let null = ScalarValue::try_from(schema.field(number).data_type())?;
        nulls.push((expressions::lit(null), format!("c{number}")));
    }
    let away = |set: &Vec<usize>| (0..groups).map(|group| !set.contains(&group)).collect();
    Ok(PhysicalGroupBy::new(exprs, nulls, sets.iter().map(away).collect(), true))
}

/// The results as columns of the resolved query.
fn results(
    plan: Arc<dyn ExecutionPlan>,
    group_slots: Vec<Slot>,
    calls: &[(ColumnId, Call)],
    groups: usize,
    has_sets: bool,
    groupings: &[(ColumnId, Vec<usize>)],
) -> Rows {
    let first_call = groups + usize::from(has_sets);
    let mut slots = group_slots;
    let mut columns: Vec<Column> = (0..groups).map(Column::Pass).collect();
    for (number, (column, call)) in calls.iter().enumerate() {
        slots.push(Slot { key: Key::Column(*column), kind: call.kind, absent: Absent::Null });
        columns.push(match call.result {
            CallResult::IntOfSum(span) => Column::IntOfSum(first_call + number, span),
            CallResult::Count => Column::ZeroForNull(first_call + number),
            CallResult::AsItIs => Column::Pass(first_call + number),
        });
    }
    for (column, arguments) in groupings {
        slots.push(Slot { key: Key::Column(*column), kind: Kind::Int, absent: Absent::Never });
        // Without sets no group is aggregated away, and there is no number that says which.
        let bits = arguments.iter().map(|group| (groups - 1 - group) as u32).collect();
        columns.push(if has_sets { Column::Grouping(groups, bits) } else { Column::Zero });
    }
    Rows { plan, layout: Layout::default() }.map(Vec::new(), columns, slots)
}
