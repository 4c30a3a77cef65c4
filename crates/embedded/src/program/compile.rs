//! From resolved expressions to nodes over the columns of a layout.

use rockhopper_sql::resolved::{CastMode, ColumnId, Expr, ExprKind, Subquery};
use rockhopper_sql::{Span, Type, Value};

use super::array_any::{ArrayAny, Source};
use super::{Frame, Node, Op, Vector, infer};
use crate::error::Failure;
use crate::kind::{Absent, Kind};
use crate::plan::{
    Context, Key, Layout, Leaf, Path, Slot, SubqueryResult, keys_read, list_keys, shadow_cast,
};

/// Compiles expressions over the columns of a layout.
#[derive(Clone, Copy)]
pub(crate) struct Compiler<'a> {
    context: &'a Context,
    /// None: only types and fallibility matter, not where columns are.
    layout: Option<&'a Layout>,
}

/// Whether an expression may fail on some value, as far as that is known before its inputs are planned.
pub(crate) fn is_fallible(expr: &Expr, context: &Context) -> bool {
    Compiler { context, layout: None }.compile(expr).is_ok_and(|node| node.fallible)
}

impl<'a> Compiler<'a> {
    /// A compiler for expressions over the columns of `layout`.
    pub(crate) fn new(context: &'a Context, layout: &'a Layout) -> Compiler<'a> {
        Compiler { context, layout: Some(layout) }
    }

    /// The node for an expression. Fails where a column is not in the layout, which is a defect of the planner.
    pub(crate) fn compile(&self, expr: &Expr) -> Result<Node, Failure> {
        let span = expr.span;
        if let Some(node) = self.shadow(expr) {
            return Ok(node);
        }
        if let Some((root, path)) = self.context.bindings.resolve(expr) {
            return self.leaf(root, &path, span);
        }
        let node = match &expr.kind {
            ExprKind::Literal(value) => constant(value.clone(), span),
            ExprKind::Parameter(number) => match self.context.parameters.get(*number) {
                Some(value) => constant(value.clone(), span),
                None => return Err(Failure::internal(format!("parameter {number} has no value"))),
            },
            ExprKind::Now => constant(Value::Timestamp(self.context.now_us), span),
            ExprKind::Column(column) => self.column(*column, span)?,
            ExprKind::Field { base, name } => field(self.compile(base)?, name.clone(), span),
            ExprKind::Call { function, arguments } => {
                let arguments = self.all(arguments)?;
                let kind = infer::result_kind(*function, &arguments);
                let fallible = any_fallible(&arguments) || infer::is_fallible(*function, &arguments);
                Node { op: Op::Call(*function, arguments), span, kind, absent: Absent::Null, fallible }
            }
            ExprKind::Cast { expr, to, mode } => cast(self.compile(expr)?, *to, *mode, span),
            ExprKind::And(_)
            | ExprKind::Or(_)
            | ExprKind::Not(_)
            | ExprKind::IsNull(_)
            | ExprKind::IsUndefined(_)
            | ExprKind::InList { .. } => self.logic(expr)?,
            ExprKind::Case { .. } | ExprKind::Coalesce(_) | ExprKind::Try(_) => self.choice(expr)?,
            ExprKind::Subscript { .. } | ExprKind::Array(_) | ExprKind::Object(_) => self.nested(expr)?,
            ExprKind::ArrayAny { .. } => self.array_any(expr)?,
            ExprKind::ScalarSubquery(subquery) | ExprKind::ExistsSubquery(subquery) => {
                self.subquery_value(subquery, span)?
            }
            ExprKind::InSubquery { expr, subquery } => self.in_subquery(expr, subquery, span)?,
        };
        Ok(folded(node))
    }

    fn all(&self, exprs: &[Expr]) -> Result<Vec<Node>, Failure> {
        exprs.iter().map(|expr| self.compile(expr)).collect()
    }

    /// `CAST(text AS int)` where the texts are kept as ints too.
    fn shadow(&self, expr: &Expr) -> Option<Node> {
        let (root, path) = self.context.bindings.resolve(shadow_cast(expr)?)?;
        if self.layout.is_none() && !self.context.bindings.has_shadow_ints(root, &path) {
            return None;
        }
        let number = self.find(&Key::ShadowInt(root, path))?;
        Some(input(number, Kind::Int, Absent::Null, expr.span))
    }

    fn find(&self, key: &Key) -> Option<usize> {
        match self.layout {
            Some(layout) => layout.find(key),
            None => Some(0),
        }
    }

    fn column(&self, column: ColumnId, span: Span) -> Result<Node, Failure> {
        let Some(layout) = self.layout else { return Ok(input(0, Kind::Any, Absent::Null, span)) };
        match layout.find(&Key::Column(column)) {
            Some(number) => {
                let slot = &layout.slots[number];
                Ok(input(number, slot.kind, slot.absent, span))
            }
            None => Err(Failure::internal(format!("column {} is not among the input's columns", column.0))),
        }
    }

    /// A member of a document or element: its own column, or taken out of the longest part of it that there is.
    fn leaf(&self, root: ColumnId, path: &Path, span: Span) -> Result<Node, Failure> {
        let typed = self.context.bindings.leaf(root, path);
        let Leaf::Typed(kind, absent) = typed else { return Ok(constant(Value::Undefined, span)) };
        let Some(layout) = self.layout else { return Ok(input(0, kind, absent, span)) };
        for length in (0..=path.len()).rev() {
            let part: Path = path[..length].into();
            if let Some(number) = layout.find(&Key::Leaf(root, part)) {
                let slot = &layout.slots[number];
                let whole = input(number, slot.kind, slot.absent, span);
                return Ok(path[length..].iter().fold(whole, |base, name| field(base, name.clone(), span)));
            }
        }
        Err(Failure::internal(format!(
            "member {} of column {} is not among the input's columns",
            path.join("."),
            root.0
        )))
    }

    fn logic(&self, expr: &Expr) -> Result<Node, Failure> {
        let mut absent = Absent::Null;
        let (op, fallible) = match &expr.kind {
            ExprKind::And(sides) => {
                let sides = self.all(sides)?;
                let fallible = any_fallible(&sides);
                (Op::And(sides), fallible)
            }
            ExprKind::Or(sides) => {
                let sides = self.all(sides)?;
                let fallible = any_fallible(&sides);
                (Op::Or(sides), fallible)
            }
            ExprKind::InList { expr, list } => {
                let inner = self.compile(expr)?;
                let is_parameter = matches!(list.as_slice(), [Expr { kind: ExprKind::Parameter(_), .. }]);
                let list = self.all(list)?;
                let list = if is_parameter { spread(list) } else { list };
                let fallible = inner.fallible || any_fallible(&list);
                (Op::InList(Box::new(inner), list), fallible)
            }
            ExprKind::Not(inner) => {
                let inner = self.compile(inner)?;
                let fallible = inner.fallible;
                (Op::Not(Box::new(inner)), fallible)
            }
            ExprKind::IsNull(inner) | ExprKind::IsUndefined(inner) => {
                absent = Absent::Never;
                let inner = Box::new(self.compile(inner)?);
                let fallible = inner.fallible;
                let is_null = matches!(expr.kind, ExprKind::IsNull(_));
                (if is_null { Op::IsNull(inner) } else { Op::IsUndefined(inner) }, fallible)
            }
            _ => return Err(Failure::internal("not a logical operator")),
        };
        Ok(Node { op, span: expr.span, kind: Kind::Bool, absent, fallible })
    }

    fn choice(&self, expr: &Expr) -> Result<Node, Failure> {
        let span = expr.span;
        match &expr.kind {
            ExprKind::Case { branches, otherwise } => {
                let mut compiled = Vec::with_capacity(branches.len());
                for (condition, value) in branches {
                    compiled.push((self.compile(condition)?, self.compile(value)?));
                }
                let otherwise = match otherwise {
                    Some(expr) => self.compile(expr)?,
                    None => constant(Value::Null, span),
                };
                let (kind, absent) =
                    infer::common(compiled.iter().map(|(_, value)| value).chain([&otherwise]));
                let fallible = otherwise.fallible || compiled.iter().any(|(c, v)| c.fallible || v.fallible);
                Ok(Node { op: Op::Case(compiled, Some(Box::new(otherwise))), span, kind, absent, fallible })
            }
            ExprKind::Coalesce(choices) => {
                let choices = self.all(choices)?;
                let kind = infer::common_kind(choices.iter());
                // Only the last may hand on its own null.
                let absent = choices.last().map_or(Absent::Null, |last| last.absent);
                let fallible = any_fallible(&choices);
                Ok(Node { op: Op::Coalesce(choices), span, kind, absent, fallible })
            }
            ExprKind::Try(inner) => {
                let inner = self.compile(inner)?;
                let (kind, absent) = match inner.absent.union(Absent::Null) {
                    Some(absent) => (inner.kind, absent),
                    None => (Kind::Any, Absent::Never),
                };
                Ok(Node { op: Op::Try(Box::new(inner)), span, kind, absent, fallible: false })
            }
            _ => Err(Failure::internal("not a choice")),
        }
    }

    fn nested(&self, expr: &Expr) -> Result<Node, Failure> {
        let (op, fallible) = match &expr.kind {
            ExprKind::Subscript { base, index } => {
                let (base, index) = (self.compile(base)?, self.compile(index)?);
                let fallible = base.fallible || index.fallible;
                (Op::Subscript(Box::new(base), Box::new(index)), fallible)
            }
            ExprKind::Array(items) => {
                let items = self.all(items)?;
                let fallible = any_fallible(&items);
                (Op::Array(items), fallible)
            }
            ExprKind::Object(members) => {
                let mut compiled = Vec::with_capacity(members.len());
                for (name, value) in members {
                    compiled.push((self.compile(name)?, self.compile(value)?));
                }
                let names = compiled
                    .iter()
                    .all(|(name, _)| name.kind == Kind::String && name.absent == Absent::Never);
                let fallible = !names || compiled.iter().any(|(_, value)| value.fallible);
                (Op::Object(compiled), fallible)
            }
            _ => return Err(Failure::internal("not an array or object")),
        };
        Ok(Node { op, span: expr.span, kind: Kind::Any, absent: Absent::Never, fallible })
    }

    fn array_any(&self, expr: &Expr) -> Result<Node, Failure> {
        let ExprKind::ArrayAny { array, element, ordinality, predicate, exists } = &expr.kind else {
            return Err(Failure::internal("not a predicate over an array"));
        };
        let mut layout = self.layout.cloned().unwrap_or_default();
        let mut array_fallible = false;
        let source = match self.lists(*element, predicate, &mut layout) {
            Some(lists) => Source::Lists(lists),
            None => {
                let array = self.compile(array)?;
                array_fallible = true;
                let bound = self.context.bindings.element_of(*element).is_some();
                let key = if bound { Key::Leaf(*element, Path::from([])) } else { Key::Column(*element) };
                layout.slots.push(Slot { key, kind: Kind::Any, absent: Absent::Never });
                Source::Values(Box::new(array), layout.slots.len() - 1)
            }
        };
        let ordinality = ordinality.map(|column| {
            layout.slots.push(Slot { key: Key::Column(column), kind: Kind::Int, absent: Absent::Never });
            layout.slots.len() - 1
        });
        let inner = Compiler { context: self.context, layout: self.layout.is_some().then_some(&layout) };
        let predicate = inner.compile(predicate)?;
        let fallible = array_fallible || predicate.fallible;
        let any = ArrayAny {
            array: source,
            ordinality,
            predicate: Box::new(predicate),
            exists: *exists,
            span: expr.span,
        };
        Ok(Node { op: Op::ArrayAny(any), span: expr.span, kind: Kind::Bool, absent: Absent::Null, fallible })
    }

    /// The list columns that an element's members are read from, if the layout has them all. The members become
    /// columns of `layout`.
    fn lists(&self, element: ColumnId, predicate: &Expr, layout: &mut Layout) -> Option<Vec<(usize, usize)>> {
        self.context.bindings.element_of(element)?;
        let Some(own) = self.layout else { return Some(Vec::new()) };
        let mut keys = Default::default();
        keys_read(predicate, &self.context.bindings, &mut keys);
        let mut lists = Vec::new();
        for key in list_keys(element, &mut keys) {
            let number = own.find(&key)?;
            let Slot { kind, absent, .. } = own.slots[number].clone();
            let key = match key {
                Key::List(_, path) => Key::Leaf(element, path),
                _ => Key::Hidden(layout.slots.len()),
            };
            layout.slots.push(Slot { key, kind, absent });
            lists.push((number, layout.slots.len() - 1));
        }
        Some(lists)
    }

    fn subquery_value(&self, subquery: &Subquery, span: Span) -> Result<Node, Failure> {
        match self.context.subqueries.get(&Context::subquery_key(subquery)) {
            Some(SubqueryResult::Value(value)) => Ok(constant(value.clone(), span)),
            _ => Err(Failure::internal("a subquery was not run before its query")),
        }
    }

    fn in_subquery(&self, expr: &Expr, subquery: &Subquery, span: Span) -> Result<Node, Failure> {
        let inner = self.compile(expr)?;
        match self.context.subqueries.get(&Context::subquery_key(subquery)) {
            Some(SubqueryResult::Set(set)) => {
                let fallible = inner.fallible;
                let op = Op::InSet(Box::new(inner), set.clone());
                Ok(Node { op, span, kind: Kind::Bool, absent: Absent::Null, fallible })
            }
            _ => Err(Failure::internal("a subquery was not run before its query")),
        }
    }
}

fn any_fallible(nodes: &[Node]) -> bool {
    nodes.iter().any(|node| node.fallible)
}

fn input(number: usize, kind: Kind, absent: Absent, span: Span) -> Node {
    Node { op: Op::Input(number), span, kind, absent, fallible: false }
}

fn constant(value: Value, span: Span) -> Node {
    let (kind, absent) = infer::of_constant(&value);
    Node { op: Op::Constant(value), span, kind, absent, fallible: false }
}

fn field(base: Node, name: std::sync::Arc<str>, span: Span) -> Node {
    let fallible = base.fallible;
    Node { op: Op::Field(Box::new(base), name), span, kind: Kind::Any, absent: Absent::Never, fallible }
}

fn cast(inner: Node, to: Type, mode: CastMode, span: Span) -> Node {
    let kind = Kind::of(to);
    let safe = matches!(mode, CastMode::Try | CastMode::TryStatic)
        || (kind != Kind::Any && inner.kind == kind && mode == CastMode::Cast);
    let fallible = inner.fallible || !safe;
    Node { op: Op::Cast(Box::new(inner), to, mode), span, kind, absent: Absent::Null, fallible }
}

/// `x IN (:tags)` with a parameter of type array looks in the array.
fn spread(mut list: Vec<Node>) -> Vec<Node> {
    if let [Node { op: Op::Constant(Value::Array(items)), span, .. }] = list.as_mut_slice() {
        let span = *span;
        return std::mem::take(items).into_iter().map(|item| constant(item, span)).collect();
    }
    list
}

/// The constant that a node over constants is. One that fails stays, to fail for the rows that reach it.
fn folded(node: Node) -> Node {
    if !is_constant(&node) {
        return node;
    }
    match node.eval(&Frame::of_columns(&[], 1)).and_then(|found| match found {
        Vector::Constant(value) => Ok(value),
        other => other.value(0),
    }) {
        Ok(value) => constant(value, node.span),
        Err(_) => Node { fallible: true, ..node },
    }
}

fn is_constant(node: &Node) -> bool {
    let all = |nodes: &[Node]| nodes.iter().all(|node| node.constant().is_some());
    match &node.op {
        Op::Call(function, arguments) => !function.is_volatile() && all(arguments),
        Op::And(nodes) | Op::Or(nodes) | Op::Coalesce(nodes) | Op::Array(nodes) => all(nodes),
        Op::Cast(inner, ..)
        | Op::Not(inner)
        | Op::IsNull(inner)
        | Op::IsUndefined(inner)
        | Op::Field(inner, _)
        | Op::Try(inner) => inner.constant().is_some(),
        Op::Subscript(base, index) => base.constant().is_some() && index.constant().is_some(),
        Op::InList(inner, list) => inner.constant().is_some() && all(list),
        Op::Object(members) => {
            members.iter().all(|(name, value)| name.constant().is_some() && value.constant().is_some())
        }
        Op::Case(branches, otherwise) => {
            branches
                .iter()
                .all(|(condition, value)| condition.constant().is_some() && value.constant().is_some())
                && otherwise.as_ref().is_none_or(|node| node.constant().is_some())
        }
        Op::Input(_) | Op::Constant(_) | Op::ArrayAny(_) | Op::InSet(..) => false,
    }
}
