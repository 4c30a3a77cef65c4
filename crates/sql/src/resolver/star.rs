//! The select list's items, and what a star in it stands for.

use super::scope::{ELEMENT_NAME, Relation};
use super::select::{Item, Shape, column_item, natural_name, star_item};
use super::{Resolver, expr};
use crate::resolved::{Expr, ExprKind};
use crate::tree::{self, ExprKind as Tree, Name, SelectItem};
use crate::{Function, Result, Span, Value};

impl Resolver<'_> {
    /// The items of a select list, stars replaced.
    pub(super) fn items(&mut self, items: &[SelectItem]) -> Result<Vec<Item>> {
        let mut resolved = Vec::new();
        for item in items {
            self.count(item.span())?;
            match item {
                SelectItem::Expr { expr, alias: Some(alias) } => {
                    resolved.push(column_item(self.expr(expr)?, Some(alias.text.clone()), true));
                }
                SelectItem::Expr { expr, alias: None } => {
                    resolved.push(column_item(self.expr(expr)?, natural_name(expr), false));
                }
                SelectItem::Star { base: None, except, span } => {
                    resolved.extend(self.star(except, *span)?);
                }
                SelectItem::Star { base: Some(base), except, span } => {
                    resolved.extend(self.star_of(base, except, *span)?);
                }
            }
        }
        Ok(resolved)
    }

    /// `*`
    fn star(&mut self, except: &[Name], span: Span) -> Result<Vec<Item>> {
        let level = self.level();
        if level.visible().is_empty() {
            return Err(self.invalid("column_not_found", "`*` needs a FROM clause to read from", span));
        }
        let mut hidden = texts(except);
        let mut items = Vec::new();
        for (name, merged) in &level.merged {
            if !hidden.contains(name) {
                items.push(column_item(merged.clone(), Some(name.clone()), false));
            }
            hidden.push(name.clone());
        }
        for relation in level.visible() {
            items.extend(members(relation, &hidden, span));
        }
        Ok(items)
    }

    /// `t.*`, `t.path.*`
    fn star_of(&mut self, base: &tree::Expr, except: &[Name], span: Span) -> Result<Vec<Item>> {
        if let Tree::Path(names) = &base.kind
            && let [name] = names.as_slice()
        {
            let mut visible = self.level().visible().iter();
            if let Some(relation) = visible.find(|each| each.name.as_ref() == Some(&name.text)) {
                return Ok(members(relation, &texts(except), span));
            }
        }
        let object = self.expr(base)?;
        Ok(vec![Item { expr: object, shape: Shape::Spread { except: texts(except) } }])
    }
}

fn texts(names: &[Name]) -> Vec<String> {
    names.iter().map(|name| name.text.clone()).collect()
}

/// Named columns first, then the members of rows.
fn members(relation: &Relation, hidden: &[String], span: Span) -> Vec<Item> {
    let columns = relation.columns.iter().filter(|(name, _)| !hidden.contains(name));
    let columns = columns.map(|(name, column)| star_item(name, *column, span));
    let rows = relation.rows.iter().map(|row| {
        let object = expr(ExprKind::Column(row.column), span);
        let except = row.except.iter().chain(hidden).cloned().collect();
        let object = if relation.unnest { element_members(object) } else { object };
        Item { expr: object, shape: Shape::Spread { except } }
    });
    columns.chain(rows).collect()
}

/// The element of an UNNEST without inner alias: what is no object is a column of its own.
fn element_members(element: Expr) -> Expr {
    let span = element.span;
    let text = |text: &str| expr(ExprKind::Literal(Value::String(text.to_owned())), span);
    let call = |function, arguments| expr(ExprKind::Call { function, arguments }, span);
    let type_name = call(Function::TypeOf, vec![element.clone()]);
    let is_object = call(Function::Equal, vec![type_name, text("object")]);
    let wrapped = expr(ExprKind::Object(vec![(text(ELEMENT_NAME), element.clone())]), span);
    let kind = ExprKind::Case { branches: vec![(is_object, element)], otherwise: Some(Box::new(wrapped)) };
    expr(kind, span)
}
