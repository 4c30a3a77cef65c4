//! An aggregation in parts: sealed segments by themselves, so that what is found in them can be kept, and the rest.

use std::collections::HashSet;
use std::fmt::Write;
use std::sync::Arc;

use arrow::compute::SortOptions;
use arrow::datatypes::SchemaRef;
use datafusion::physical_expr::{LexOrdering, PhysicalSortExpr};
use datafusion::physical_plan::aggregates::AggregateMode;
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::union::UnionExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use rockhopper_sql::resolved::{ColumnId, Expr, ExprKind, Plan, SortKey};
use rockhopper_sql::{Function, Value};
use rockhopper_storage::{Piece, SegmentId};

use super::aggregate::{Grouped, Grouping, Steps, column_expr};
use super::layout::Key;
use super::walk::{columns_read, for_each_operand};
use super::{First, Planner, conjuncts};
use crate::error::Failure;
use crate::operator::{Given, Keep, KeptTops, Leading, Pruning, TopKey};
use crate::partials::{Partials, Place, Tree, tree};

/// Segments of which fewer documents than this pass are cheaper to read again than to keep apart.
const MIN_DOCUMENTS: usize = 2048;

/// What lies between an aggregation and its collection.
struct Chain<'p> {
    row: ColumnId,
    /// Over documents only.
    conditions: Vec<&'p Expr>,
    /// Conditions that read elements of arrays.
    of_elements: Vec<&'p Expr>,
    /// Whatever else computes rows.
    others: Vec<&'p Plan>,
    /// Columns that hold elements, or are made of them.
    elements: HashSet<ColumnId>,
}

/// An aggregation over the segments of a snapshot.
struct Segments<'s> {
    partials: &'s Arc<Partials>,
    steps: Steps,
    /// Of the states that are kept.
    schema: SchemaRef,
    /// The number of what is computed.
    plan: u64,
    /// The order in which each partial result is kept, and how much of it is enough.
    order: Option<(LexOrdering, Option<usize>)>,
}

/// A segment: its number among the pieces, and its name.
type Part = (usize, SegmentId);

impl Planner<'_> {
    /// The final step of an aggregation over partial results and the rest; None where there is nothing to keep.
    pub(super) fn in_parts<'p>(
        &self,
        grouping: &Grouping<'p>,
        has_sets: bool,
        first: Option<&First>,
    ) -> Result<Option<Grouped>, Failure> {
        let Some(partials) = self.partials.filter(|_| !has_sets && self.only.is_none()) else {
            return Ok(None);
        };
        let Some(chain) = Chain::of(grouping.input) else { return Ok(None) };
        let (whole, rest) = self.divided(&chain)?;
        let Some(whole) = tree(whole, |(_, segment)| segment.serial) else { return Ok(None) };
        let first_groups = first.and_then(|first| order_of_groups(first, grouping));
        let greatest = first.and_then(|first| greatest_counts(first, grouping));
        let text = format!(
            "groups {:?} {:?} {first_groups:?} {:?}",
            grouping.groups,
            grouping.aggregates,
            greatest.map(|(call, _)| call)
        );
        let Some(described) = self.description(&chain, grouping, text) else { return Ok(None) };
        let plan = partials.plan(&described);
        if partials.is_too_large(plan) {
            return Ok(None);
        }
        let rest = self.of_pieces(&rest, self.partitions).grouped(grouping)?;
        let groups = grouping.groups.len();
        let steps = Steps::new(rest.plan.schema(), groups, None, &rest.parts.calls)?;
        let states = steps.step(AggregateMode::Partial, rest.plan)?;
        let schema = states.schema();
        let greatest = match greatest {
            Some((call, limit)) => steps.int_state(call)?.map(|column| (column, limit)),
            None => None,
        };
        let order = match (first_groups, greatest) {
            (Some((order, limit)), _) => Some((order, Some(limit))),
            (None, Some((column, _))) => descending(column).map(|order| (order, None)),
            (None, None) => None,
        };
        let segments = Segments { partials, steps, schema, plan, order };
        let kept = self.partial(&whole, &segments, grouping)?;
        let steps = &segments.steps;
        let inputs: Arc<dyn ExecutionPlan> = match greatest {
            Some((column, limit)) => {
                let rest = steps.step(AggregateMode::PartialReduce, together(vec![states])?)?;
                Arc::new(Leading::new(kept, rest, column, limit))
            }
            None => together(vec![kept, states])?,
        };
        let plan = steps.step(AggregateMode::Final, inputs)?;
        Ok(Some(Grouped { plan, parts: rest.parts }))
    }

    /// How the first rows of sealed segments in an order are kept; None where there is nothing to keep.
    pub(super) fn kept_tops<'p>(
        &self,
        input: &'p Plan,
        keys: &'p [SortKey],
        top_keys: &[TopKey],
        limit: usize,
    ) -> Result<Option<KeptTops>, Failure> {
        let (Some(partials), Some(chain)) = (self.partials, Chain::of(input)) else { return Ok(None) };
        let (whole, _) = self.divided(&chain)?;
        // Which values are compared depends on all pieces too: texts, or the ints that they are.
        let text = format!("first {limit} {keys:?} {top_keys:?}");
        let exprs = keys.iter().map(|key| &key.expr).collect();
        let Some(described) = self.described(&chain, text, exprs).filter(|_| !whole.is_empty()) else {
            return Ok(None);
        };
        let (plan, segments) = (partials.plan(&described), whole.into_iter().collect());
        Ok(Some(KeptTops { partials: Arc::clone(partials), plan, segments }))
    }

    /// Segments that lie wholly within the bounds of the conditions, and the numbers of the other pieces.
    fn divided(&self, chain: &Chain) -> Result<(Vec<Part>, Vec<usize>), Failure> {
        let bindings = &self.context.bindings;
        let Some(snapshot) = bindings.snapshot(chain.row) else { return Ok((Vec::new(), Vec::new())) };
        let prunings: Vec<Pruning> =
            chain.conditions.iter().filter_map(|condition| self.pruning(chain.row, condition)).collect();
        let mut words = Vec::new();
        for condition in &chain.conditions {
            words.extend(self.word_condition(chain.row, condition)?);
        }
        let at_most = |piece: &Piece| {
            words
                .iter()
                .map(|condition| condition.at_most(piece))
                .try_fold(piece.rows(), |most, next| Ok::<_, Failure>(most.min(next?)))
        };
        let (mut whole, mut rest) = (Vec::new(), Vec::new());
        for (number, piece) in snapshot.pieces.iter().enumerate() {
            match piece.segment() {
                Some(segment)
                    if prunings.iter().all(|pruning| is_within(piece, pruning))
                        && at_most(piece)? >= MIN_DOCUMENTS =>
                {
                    whole.push((number, segment));
                }
                _ => rest.push(number),
            }
        }
        Ok((whole, rest))
    }

    /// All that a partial result of an aggregation depends on besides its segments, after `text`, which says what is
    /// computed; None if that changes from one refresh to the next.
    fn description<'p>(&self, chain: &Chain<'p>, grouping: &Grouping<'p>, text: String) -> Option<String> {
        let mut exprs = grouping.exprs();
        for (_, call) in &grouping.aggregates {
            exprs.extend(call.limit.iter().chain(&call.offset));
        }
        self.described(chain, text, exprs)
    }

    /// A text about what is computed above a chain from expressions, with all that this depends on; None if that changes
    /// from one refresh to the next.
    fn described<'e>(&self, chain: &Chain<'e>, mut text: String, mut exprs: Vec<&'e Expr>) -> Option<String> {
        // Conditions that tell pieces apart are true for all documents of a segment that counts as whole.
        for condition in chain.conditions.iter().filter(|expr| self.pruning(chain.row, expr).is_none()) {
            let _ = write!(text, " if {condition:?}");
            exprs.push(condition);
        }
        for condition in &chain.of_elements {
            let _ = write!(text, " if element {condition:?}");
            exprs.push(condition);
        }
        for plan in &chain.others {
            // The rows themselves are those of the collection, whatever the rest of the chain is.
            let _ = match plan {
                Plan::Extend { columns, .. } => write!(text, " extend {columns:?}"),
                Plan::Unnest { array, element, ordinality, outer, .. } => {
                    write!(text, " unnest {array:?} {element:?} {ordinality:?} {outer}")
                }
                _ => return None,
            };
            super::walk::for_each_expr(plan, &mut |expr| exprs.push(expr));
        }
        let mut parameters = Vec::new();
        if !exprs.iter().all(|expr| is_steady(expr, &mut parameters)) {
            return None;
        }
        let values: Vec<Option<&Value>> =
            parameters.iter().map(|number| self.context.parameters.get(*number)).collect();
        let _ = write!(text, " {parameters:?} {values:?}");
        // How columns are held depends on all pieces of the snapshot.
        for key in self.with_columns_of(&Default::default(), exprs) {
            let leaf = match &key {
                Key::Leaf(root, path) | Key::List(root, path) | Key::ShadowInt(root, path) => {
                    Some(self.context.bindings.leaf(*root, path))
                }
                _ => None,
            };
            let _ = write!(text, " {key:?} {leaf:?}");
        }
        Some(text)
    }

    /// The partial result of a tree of segments: as it is kept, or computed and kept.
    fn partial(
        &self,
        tree: &Tree<Part>,
        segments: &Segments,
        grouping: &Grouping,
    ) -> Result<Arc<dyn ExecutionPlan>, Failure> {
        let mut leaves = Vec::new();
        tree.leaves(&mut leaves);
        let names: Vec<SegmentId> = leaves.iter().map(|(_, segment)| *segment).collect();
        let place = Place::new(segments.plan, &names);
        let steps = &segments.steps;
        if let Some(kept) = segments.partials.get(&place) {
            return Ok(Arc::new(Given::new(segments.schema.clone(), kept)));
        }
        let inputs = match tree {
            Tree::Leaf((number, _)) => {
                let grouped = self.of_pieces(&[*number], self.partitions).grouped(grouping)?;
                vec![steps.step(AggregateMode::Partial, grouped.plan)?]
            }
            Tree::Node(members) => members
                .iter()
                .map(|member| self.partial(member, segments, grouping))
                .collect::<Result<_, Failure>>()?,
        };
        let states = steps.step(AggregateMode::PartialReduce, together(inputs)?)?;
        let states: Arc<dyn ExecutionPlan> = match &segments.order {
            Some((order, enough)) => Arc::new(SortExec::new(order.clone(), states).with_fetch(*enough)),
            None => states,
        };
        Ok(Arc::new(Keep::new(states, Arc::clone(segments.partials), place)))
    }

    /// A planner that reads only some pieces of the collection.
    fn of_pieces<'o>(&'o self, only: &'o [usize], partitions: usize) -> Planner<'o> {
        Planner { context: self.context, partitions, partials: self.partials, only: Some(only) }
    }
}

impl<'p> Chain<'p> {
    /// What lies above the collection that a plan reads.
    fn of(plan: &'p Plan) -> Option<Chain<'p>> {
        match plan {
            Plan::Collection { row, sample_percent: None, .. } => Some(Chain {
                row: *row,
                conditions: Vec::new(),
                of_elements: Vec::new(),
                others: Vec::new(),
                elements: HashSet::new(),
            }),
            Plan::Filter { input, condition } => {
                let mut chain = Chain::of(input)?;
                let mut conditions = Vec::new();
                conjuncts(condition, &mut conditions);
                for condition in conditions {
                    match columns_read(condition).is_disjoint(&chain.elements) {
                        true => chain.conditions.push(condition),
                        false => chain.of_elements.push(condition),
                    }
                }
                Some(chain)
            }
            Plan::Extend { input, columns } => {
                let mut chain = Chain::of(input)?;
                chain.others.push(plan);
                for (column, expr) in columns {
                    if !columns_read(expr).is_disjoint(&chain.elements) {
                        chain.elements.insert(*column);
                    }
                }
                Some(chain)
            }
            Plan::Unnest { input, element, ordinality, .. } => {
                let mut chain = Chain::of(input)?;
                chain.others.push(plan);
                chain.elements.insert(*element);
                chain.elements.extend(ordinality);
                Some(chain)
            }
            _ => None,
        }
    }
}

/// Whether a condition that prunes is true for every document of a piece.
fn is_within(piece: &Piece, pruning: &Pruning) -> bool {
    piece.int_range(&pruning.path).is_some_and(|range| pruning.holds_within(range))
        && pruning.is_everywhere(piece)
}

/// Whether an expression gives the same for the same document at any time. Notes the parameters that it reads.
fn is_steady(expr: &Expr, parameters: &mut Vec<usize>) -> bool {
    let own = match &expr.kind {
        ExprKind::Now
        | ExprKind::ScalarSubquery(_)
        | ExprKind::InSubquery { .. }
        | ExprKind::ExistsSubquery(_) => false,
        ExprKind::Call { function, .. } => !function.is_volatile(),
        ExprKind::Parameter(number) => {
            parameters.push(*number);
            true
        }
        _ => true,
    };
    let mut steady = own;
    for_each_operand(expr, &mut |operand| steady = steady && is_steady(operand, parameters));
    steady
}

/// The order and number of groups that are enough, if the order is that of the groups themselves.
fn order_of_groups(first: &First, grouping: &Grouping) -> Option<(LexOrdering, usize)> {
    let mut exprs = Vec::with_capacity(first.keys.len());
    for (key, options) in &first.keys {
        let number = grouping.groups.iter().position(|(column, _)| column == key)?;
        exprs.push(PhysicalSortExpr::new(column_expr(number), *options));
    }
    Some((LexOrdering::new(exprs)?, first.limit))
}

/// The place of the aggregate whose counts decide first which groups are first, the greatest before the others, and how
/// many groups are enough.
fn greatest_counts(first: &First, grouping: &Grouping) -> Option<(usize, usize)> {
    let (key, options) = first.keys.first()?;
    let at = grouping.aggregates.iter().position(|(column, _)| column == key)?;
    let call = &grouping.aggregates[at].1;
    let counts = matches!(call.function, Function::Count | Function::CountIf) && !call.distinct;
    (counts && options.descending && first.limit > 0).then_some((at, first.limit))
}

fn descending(column: usize) -> Option<LexOrdering> {
    let options = SortOptions { descending: true, nulls_first: false };
    LexOrdering::new([PhysicalSortExpr::new(column_expr(column), options)])
}

/// The rows of several inputs in one partition.
fn together(mut inputs: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>, Failure> {
    let plan = match inputs.len() {
        1 => inputs.remove(0),
        _ => UnionExec::try_new(inputs)?,
    };
    Ok(match plan.output_partitioning().partition_count() {
        1 => plan,
        _ => Arc::new(CoalescePartitionsExec::new(plan)),
    })
}
