//! Which columns are documents, elements of their arrays, or members of either, and which types those hold.

use std::collections::HashMap;
use std::sync::Arc;

use rockhopper_sql::resolved::{ColumnId, Expr, ExprKind, JoinKind, Plan};
use rockhopper_sql::{Type, Value};
use rockhopper_storage::{ColumnType, PathTypes, Snapshot, Step};

use super::layout::Path;
use super::walk::{for_each_child, for_each_expr};
use crate::kind::{Absent, Kind};

/// What is known of the columns of a plan before its nodes are planned.
#[derive(Debug, Default)]
pub(crate) struct Bindings {
    rows: HashMap<ColumnId, Arc<Snapshot>>,
    elements: HashMap<ColumnId, ElementOf>,
    members: HashMap<ColumnId, (ColumnId, Path)>,
}

/// The array whose elements a column holds.
#[derive(Clone, Debug)]
pub(crate) struct ElementOf {
    /// The document.
    pub(crate) row: ColumnId,
    /// The array in it.
    pub(crate) array: Path,
}

/// What a member of a document or element holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Leaf {
    /// Nothing, anywhere.
    Missing,
    /// Values held so.
    Typed(Kind, Absent),
}

impl Bindings {
    /// Reads the bindings of a plan, whose collections' snapshots are given.
    pub(crate) fn of(plan: &Plan, snapshots: &[Arc<Snapshot>]) -> Bindings {
        let mut bindings = Bindings::default();
        bindings.bind(plan, snapshots, false);
        bindings
    }

    /// The document or element that an expression is a member of, and the path to it.
    pub(crate) fn resolve(&self, expr: &Expr) -> Option<(ColumnId, Path)> {
        match &expr.kind {
            ExprKind::Column(column)
                if self.rows.contains_key(column) || self.elements.contains_key(column) =>
            {
                Some((*column, Path::from([])))
            }
            ExprKind::Column(column) => self.members.get(column).cloned(),
            ExprKind::Field { base, name } => self.resolve_member(base, name.clone()),
            ExprKind::Subscript { base, index } => match &index.kind {
                ExprKind::Literal(Value::String(name)) => self.resolve_member(base, name.as_str().into()),
                _ => None,
            },
            _ => None,
        }
    }

    fn resolve_member(&self, base: &Expr, name: Arc<str>) -> Option<(ColumnId, Path)> {
        let (root, path) = self.resolve(base)?;
        Some((root, path.iter().cloned().chain([name]).collect()))
    }

    /// What a member of a document or element holds in the snapshot.
    pub(crate) fn leaf(&self, root: ColumnId, path: &Path) -> Leaf {
        let types = self.types(root, path);
        if types.is_empty() {
            return Leaf::Missing;
        }
        match types.only() {
            Some((column, absent)) => Leaf::Typed(kind_of(column), absent_of(types, absent)),
            None => Leaf::Typed(Kind::Any, Absent::Never),
        }
    }

    /// The array whose elements the column holds, if those can be read as columns.
    pub(crate) fn element_of(&self, column: ColumnId) -> Option<&ElementOf> {
        self.elements.get(&column)
    }

    /// The snapshot whose documents the column holds.
    pub(crate) fn snapshot(&self, row: ColumnId) -> Option<&Arc<Snapshot>> {
        self.rows.get(&row)
    }

    /// Whether every text at the path is the canonical text of an int, in every piece of the snapshot.
    pub(crate) fn has_shadow_ints(&self, root: ColumnId, path: &Path) -> bool {
        let Some(snapshot) = self.rows.get(&root) else { return false };
        let path = steps(path);
        matches!(snapshot.types(&path).only(), Some((ColumnType::String, _)))
            && snapshot.pieces.iter().all(|piece| {
                // A piece without texts at the path has nulls there.
                !piece.types(&path).has(Type::String) || piece.has_shadow_ints(&path)
            })
    }

    fn types(&self, root: ColumnId, path: &Path) -> PathTypes {
        match (self.rows.get(&root), self.elements.get(&root)) {
            (Some(snapshot), _) => snapshot.types(&steps(path)),
            (None, Some(element)) => match self.rows.get(&element.row) {
                Some(snapshot) => snapshot.types(&element.steps(path)),
                None => PathTypes::none(),
            },
            (None, None) => PathTypes::none(),
        }
    }

    fn bind(&mut self, plan: &Plan, snapshots: &[Arc<Snapshot>], nullable: bool) {
        match plan {
            Plan::Collection { collection, row, .. } => {
                if let Some(snapshot) = snapshots.get(*collection) {
                    self.rows.insert(*row, snapshot.clone());
                }
            }
            Plan::Join { left, right, kind, .. } => {
                self.bind(left, snapshots, nullable || matches!(kind, JoinKind::Right | JoinKind::Full));
                self.bind(right, snapshots, nullable || matches!(kind, JoinKind::Left | JoinKind::Full));
            }
            _ => for_each_child(plan, &mut |child| self.bind(child, snapshots, nullable)),
        }
        if let Plan::Unnest { array, element, outer: false, .. } = plan {
            self.bind_element(array, *element);
        }
        if let Plan::Extend { columns, .. } = plan {
            for (column, expr) in columns {
                // Where an outer join makes it null, it is more than the member of a missing document.
                if !nullable && let Some(member) = self.resolve(expr) {
                    self.members.insert(*column, member);
                }
            }
        }
        for_each_expr(plan, &mut |expr| self.bind_arrays(expr));
    }

    fn bind_arrays(&mut self, expr: &Expr) {
        if let ExprKind::ArrayAny { array, element, .. } = &expr.kind {
            self.bind_element(array, *element);
        }
        super::walk::for_each_operand(expr, &mut |operand| self.bind_arrays(operand));
    }

    fn bind_element(&mut self, array: &Expr, element: ColumnId) {
        let Some((row, path)) = self.resolve(array) else { return };
        let Some(snapshot) = self.rows.get(&row) else { return };
        let types = snapshot.types(&steps(&path));
        if !types.is_empty() && types.has(Type::Array) && types.only_arrays() {
            self.elements.insert(element, ElementOf { row, array: path });
        }
    }
}

impl ElementOf {
    /// The path of a member of the elements, as the store takes it.
    pub(crate) fn steps(&self, member: &Path) -> Vec<Step> {
        let mut all = steps(&self.array);
        all.push(Step::Elements);
        all.extend(steps(member));
        all
    }
}

/// A path as the store takes it.
pub(crate) fn steps(path: &Path) -> Vec<Step> {
    path.iter().cloned().map(Step::Member).collect()
}

/// The store's name of a kind that it can give.
pub(crate) fn column_type(kind: Kind) -> ColumnType {
    match kind {
        Kind::Bool => ColumnType::Bool,
        Kind::Int => ColumnType::Int,
        Kind::Float => ColumnType::Float,
        Kind::String => ColumnType::String,
        Kind::Timestamp => ColumnType::Timestamp,
        _ => ColumnType::Any,
    }
}

fn kind_of(column: ColumnType) -> Kind {
    match column {
        ColumnType::Bool => Kind::Bool,
        ColumnType::Int => Kind::Int,
        ColumnType::Float => Kind::Float,
        ColumnType::String => Kind::String,
        ColumnType::Timestamp => Kind::Timestamp,
        ColumnType::Any => Kind::Any,
    }
}

fn absent_of(types: PathTypes, absent: Type) -> Absent {
    match absent {
        Type::Null => Absent::Null,
        _ if types.may_be_missing() => Absent::Undefined,
        _ => Absent::Never,
    }
}
