//! Names in FROM: named queries, collections, aliases and views.

use super::scope::{Clause, Level, LevelKind, Relation, Row};
use super::{CommonTable, Lookup, MAX_VIEW_DEPTH, Resolver};
use crate::resolved::{CollectionName, ExprKind, Plan};
use crate::tree::{self, ExprKind as Tree, SampleMethod, TableName};
use crate::{Error, Result, Span, Value};

impl Resolver<'_> {
    /// `[ws.]name`
    pub(super) fn table(
        &mut self,
        name: &TableName,
        sample: Option<&tree::Sample>,
    ) -> Result<(Plan, Relation)> {
        if !name.fields.is_empty() {
            return Err(self.not_supported("a field path after a collection's name", name.span));
        }
        if let Some(prefix) = &name.prefix {
            return Err(self.not_supported(format!("the prefix ${}", prefix.text), prefix.span));
        }
        let parts: Vec<String> = name.parts.iter().map(|part| part.text.clone()).collect();
        self.named(&parts, sample, name.span)
    }

    /// `TABLE('x')`, `TABLE(['ws', 'x'])`
    pub(super) fn dynamic_table(
        &mut self,
        name: &tree::Expr,
        sample: Option<&tree::Sample>,
    ) -> Result<(Plan, Relation)> {
        let parts = match &name.kind {
            Tree::Array(parts) => {
                parts.iter().map(|part| self.constant_text(part, "TABLE")).collect::<Result<Vec<String>>>()?
            }
            _ => vec![self.constant_text(name, "TABLE")?],
        };
        self.named(&parts, sample, name.span)
    }

    /// The text of a string literal or parameter that names something.
    pub(super) fn constant_text(&mut self, argument: &tree::Expr, function: &str) -> Result<String> {
        let level = Level::new(LevelKind::Transparent, Clause::FROM);
        let resolved = self.in_level(level, |resolver| resolver.expr(argument))?;
        let value = match &resolved.kind {
            ExprKind::Literal(value) => Some(value),
            ExprKind::Parameter(index) => {
                self.depends_on_values = true;
                self.parameters.get(*index).map(|parameter| &parameter.value)
            }
            _ => None,
        };
        match value {
            Some(Value::String(text)) => Ok(text.clone()),
            _ => {
                let message = format!("{function}(..) takes a string or a parameter of type string");
                Err(self.invalid("invalid_name", message, argument.span))
            }
        }
    }

    fn named(
        &mut self,
        parts: &[String],
        sample: Option<&tree::Sample>,
        span: Span,
    ) -> Result<(Plan, Relation)> {
        let Some((name, workspaces)) = parts.split_last() else {
            return Err(self.invalid("invalid_name", "TABLE(..) needs a name", span));
        };
        if workspaces.is_empty()
            && let Some(index) = self.common_tables.iter().rposition(|table| table.name == *name)
        {
            if let Some(sample) = sample {
                return Err(self.not_supported("TABLESAMPLE of anything but a collection", sample.span));
            }
            let (plan, relation) = self.common_table(index, span)?;
            return Ok((plan, Relation { name: Some(name.clone()), ..relation }));
        }
        let workspace = match workspaces {
            [] => self.options.default_workspace.clone(),
            _ => workspaces.join("."),
        };
        let (plan, relation) = self.cataloged(&workspace, name, sample, span)?;
        let relation = Relation { name: Some(name.clone()), workspace: Some(workspace), ..relation };
        Ok((plan, relation))
    }

    /// The named query at `index`, resolved anew among the ones before it.
    fn common_table(&mut self, index: usize, span: Span) -> Result<(Plan, Relation)> {
        let hidden = self.common_tables.split_off(index);
        let result = self.common_table_alone(&hidden[0], span);
        self.common_tables.truncate(index);
        self.common_tables.extend(hidden);
        result
    }

    fn common_table_alone(&mut self, table: &CommonTable, span: Span) -> Result<(Plan, Relation)> {
        let Some(tree) = &table.table else {
            return Err(self.not_supported(format!("WITH RECURSIVE (`{}` reads itself)", table.name), span));
        };
        if table.recursive {
            self.common_tables.push(CommonTable { name: table.name.clone(), table: None, recursive: true });
        }
        let mut rows = self.separate_query(&tree.query)?;
        self.rename(&mut rows, &tree.columns, tree.name.span)?;
        let relation = rows.relation();
        Ok((rows.plan, relation))
    }

    /// A name of the catalog, through its aliases.
    fn cataloged(
        &mut self,
        workspace: &str,
        name: &str,
        sample: Option<&tree::Sample>,
        span: Span,
    ) -> Result<(Plan, Relation)> {
        let mut target = CollectionName { workspace: workspace.to_owned(), name: name.to_owned() };
        for _ in 0..MAX_VIEW_DEPTH {
            match self.catalog.lookup(&target.workspace, &target.name) {
                Lookup::Collection => return self.collection(target, sample, span),
                Lookup::Alias { target: next } => {
                    let alias = format!("{}.{}", target.workspace, target.name);
                    if !self.aliases.contains(&alias) {
                        self.aliases.push(alias);
                    }
                    target = next;
                }
                Lookup::View { sql } => {
                    if let Some(sample) = sample {
                        return Err(
                            self.not_supported("TABLESAMPLE of anything but a collection", sample.span)
                        );
                    }
                    let rows = self.view(&target, &sql, span)?;
                    let relation = rows.relation();
                    return Ok((rows.plan, relation));
                }
                Lookup::UnknownCollection => {
                    let CollectionName { workspace, name } = target;
                    return Err(Error::CollectionNotFound { workspace, name, at: self.at(span) });
                }
                Lookup::UnknownWorkspace => {
                    return Err(Error::WorkspaceNotFound { workspace: target.workspace, at: self.at(span) });
                }
            }
        }
        let message = format!(
            "Alias \"{workspace}.{name}\" leads to itself or through more than {MAX_VIEW_DEPTH} aliases; point it at a \
             collection"
        );
        Err(self.invalid("invalid_alias", message, span))
    }

    fn collection(
        &mut self,
        name: CollectionName,
        sample: Option<&tree::Sample>,
        span: Span,
    ) -> Result<(Plan, Relation)> {
        let sample_percent = sample.map(|sample| self.sample_percent(sample)).transpose()?;
        let known = self.collections.iter().position(|known| *known == name);
        let collection = known.unwrap_or(self.collections.len());
        if known.is_none() {
            self.collections.push(name);
        }
        let row = self.column();
        let relation =
            Relation { rows: vec![Row { column: row, except: Vec::new() }], ..Relation::default() };
        Ok((Plan::Collection { collection, row, sample_percent, span }, relation))
    }

    fn sample_percent(&mut self, sample: &tree::Sample) -> Result<f64> {
        if sample.method == SampleMethod::System {
            return Err(self.not_supported("TABLESAMPLE SYSTEM", sample.span));
        }
        let level = Level::new(LevelKind::Transparent, Clause::FROM);
        let resolved = self.in_level(level, |resolver| resolver.expr(&sample.percent))?;
        let value = match &resolved.kind {
            ExprKind::Literal(value) => Some(value),
            ExprKind::Parameter(index) => {
                self.depends_on_values = true;
                self.parameters.get(*index).map(|parameter| &parameter.value)
            }
            _ => None,
        };
        let percent = match value {
            Some(Value::Int(percent)) => *percent as f64,
            Some(Value::Float(percent)) => *percent,
            _ => f64::NAN,
        };
        if !(0.0..=100.0).contains(&percent) {
            let message = "TABLESAMPLE takes a number from 0 to 100, the share of rows in per cent";
            return Err(self.invalid("invalid_sample", message, sample.percent.span));
        }
        Ok(percent)
    }
}
