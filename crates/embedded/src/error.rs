//! Failures on their way from an expression to the caller: what failed and at which place of the statement.

use arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use rockhopper_engine::Error;
use rockhopper_sql::Span;

/// Why a query failed, before its place is turned into line and column.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// An expression failed on a value.
    #[error("{message}")]
    Expression {
        /// Rockset's name of the cause.
        error_id: &'static str,
        /// What failed.
        message: String,
        /// The place of the expression, once it is known.
        span: Option<Span>,
    },
    /// Whatever else an engine fails with.
    #[error(transparent)]
    Engine(#[from] Error),
}

impl Failure {
    /// An expression that fails for a reason of its own.
    pub(crate) fn expression(error_id: &'static str, message: impl Into<String>, span: Span) -> Failure {
        Failure::Expression { error_id, message: message.into(), span: Some(span) }
    }

    /// A defect of the engine.
    pub(crate) fn internal(message: impl Into<String>) -> Failure {
        Failure::Engine(Error::Internal(message.into()))
    }

    /// A limit that is reached.
    pub(crate) fn limit(
        what: impl Into<String>,
        limit: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Failure {
        Failure::Engine(Error::ResourceExceeded {
            what: what.into(),
            limit: limit.into(),
            remedy: remedy.into(),
        })
    }

    /// The same failure with the place of the expression, unless an inner expression has given its own.
    pub(crate) fn at(self, place: Span) -> Failure {
        match self {
            Failure::Expression { error_id, message, span: None } => {
                Failure::Expression { error_id, message, span: Some(place) }
            }
            other => other,
        }
    }

    /// Whether `TRY` turns it into null.
    pub(crate) fn is_of_expression(&self) -> bool {
        matches!(self, Failure::Expression { .. })
    }

    /// The engine's error, with the place found in the statement's text.
    pub(crate) fn into_error(self, text: &str) -> Error {
        match self {
            Failure::Expression { error_id, message, span } => {
                Error::Query { error_id, message, at: span.map(|span| span.location(text)) }
            }
            Failure::Engine(error) => error,
        }
    }
}

impl From<rockhopper_values::Error> for Failure {
    fn from(error: rockhopper_values::Error) -> Failure {
        Failure::Expression { error_id: error.error_id, message: error.message, span: None }
    }
}

impl From<ArrowError> for Failure {
    fn from(error: ArrowError) -> Failure {
        match error {
            ArrowError::ExternalError(inner) => match inner.downcast::<Failure>() {
                Ok(failure) => *failure,
                Err(other) => Failure::internal(other.to_string()),
            },
            other => Failure::internal(other.to_string()),
        }
    }
}

impl From<DataFusionError> for Failure {
    fn from(error: DataFusionError) -> Failure {
        match error {
            DataFusionError::External(inner) => match inner.downcast::<Failure>() {
                Ok(failure) => *failure,
                Err(inner) => match inner.downcast::<DataFusionError>() {
                    Ok(nested) => Failure::from(*nested),
                    Err(other) => Failure::internal(other.to_string()),
                },
            },
            DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => {
                Failure::from(*inner)
            }
            DataFusionError::ArrowError(inner, _) => Failure::from(*inner),
            DataFusionError::ResourcesExhausted(message) => memory_limit(&message),
            shared @ DataFusionError::Shared(_) => from_shared(&shared),
            other => Failure::internal(other.to_string()),
        }
    }
}

impl From<Failure> for DataFusionError {
    fn from(failure: Failure) -> DataFusionError {
        DataFusionError::External(Box::new(failure))
    }
}

impl From<Failure> for ArrowError {
    fn from(failure: Failure) -> ArrowError {
        ArrowError::ExternalError(Box::new(failure))
    }
}

/// A failure that several streams of a join share: it can be read, not taken.
fn from_shared(error: &DataFusionError) -> Failure {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(current) = source {
        if let Some(Failure::Expression { error_id, message, span }) = current.downcast_ref::<Failure>() {
            return Failure::Expression { error_id, message: message.clone(), span: *span };
        }
        if let Some(DataFusionError::ResourcesExhausted(message)) = current.downcast_ref::<DataFusionError>()
        {
            return memory_limit(message);
        }
        if let Some(DataFusionError::External(inner)) = current.downcast_ref::<DataFusionError>()
            && let Some(Failure::Expression { error_id, message, span }) = inner.downcast_ref::<Failure>()
        {
            return Failure::Expression { error_id, message: message.clone(), span: *span };
        }
        source = current.source();
    }
    Failure::internal(error.to_string())
}

fn memory_limit(message: &str) -> Failure {
    tracing::debug!(message, "a query reached its memory limit");
    Failure::limit(
        "the memory of the query",
        "the memory that one query or all queries together may use",
        "read fewer rows or columns (a narrower time range, fewer groups), or raise the query memory limit",
    )
}
