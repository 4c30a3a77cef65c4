//! `rockhopper collection`

use clap::{Args, Subcommand, ValueEnum};
use rockhopper_api::{
    Collection, CreateCollectionRequest, DEFAULT_WORKSPACE, KinesisSource, OffsetResetPolicy, SourceRequest,
};

use super::connection::Connection;
use super::table::Table;
use crate::Result;

/// What is done with collections.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a collection, with a stream as its source or empty
    #[command(after_help = "\
Examples:
  rockhopper collection create tweets --kinesis twitter-stream --integration aws --offset-reset-policy earliest
  rockhopper collection create notes          (written through the API: POST .../docs)")]
    Create(CreateArguments),
    /// Show all collections
    List {
        #[command(flatten)]
        connection: Connection,
    },
    /// Show one collection with its statistics and the status of its sources, as JSON
    Describe(NamedArguments),
    /// Delete a collection with all of its documents
    Delete(NamedArguments),
}

/// One collection.
#[derive(Debug, Args)]
pub struct NamedArguments {
    /// The collection's name
    name: String,
    /// The workspace that it is in
    #[arg(long, default_value = DEFAULT_WORKSPACE)]
    workspace: String,
    #[command(flatten)]
    connection: Connection,
}

/// A new collection.
#[derive(Debug, Args)]
pub struct CreateArguments {
    #[command(flatten)]
    named: NamedArguments,
    /// The Kinesis stream to read
    #[arg(long, value_name = "STREAM")]
    kinesis: Option<String>,
    /// The integration that holds the credentials; without one the server's AWS environment is used
    #[arg(long, requires = "kinesis", value_name = "NAME")]
    integration: Option<String>,
    /// The stream's region [default: the server's]
    #[arg(long, requires = "kinesis")]
    region: Option<String>,
    /// Where to begin in the stream
    #[arg(long, value_enum, default_value_t = ResetPolicy::Earliest)]
    offset_reset_policy: ResetPolicy,
    /// Drop documents whose _event_time is older than so many seconds
    #[arg(long, value_name = "SECONDS")]
    retention_secs: Option<u64>,
    /// A text for readers
    #[arg(long)]
    description: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ResetPolicy {
    /// With the oldest record that the stream still has
    Earliest,
    /// With what arrives from now on
    Latest,
}

/// Does it.
pub async fn run(command: Command) -> Result<()> {
    match command {
        Command::Create(arguments) => create(arguments).await,
        Command::List { connection } => {
            print_list(&connection.client()?.collections().await?);
            Ok(())
        }
        Command::Describe(NamedArguments { name, workspace, connection }) => {
            let collection = connection.client()?.collection(&workspace, &name).await?;
            println!("{}", serde_json::to_string_pretty(&collection).unwrap_or_default());
            Ok(())
        }
        Command::Delete(NamedArguments { name, workspace, connection }) => {
            connection.client()?.delete_collection(&workspace, &name).await?;
            println!("deleted {workspace}.{name}");
            Ok(())
        }
    }
}

async fn create(arguments: CreateArguments) -> Result<()> {
    let NamedArguments { name, workspace, connection } = arguments.named;
    let source = arguments.kinesis.map(|stream_name| SourceRequest {
        integration_name: arguments.integration,
        kinesis: Some(KinesisSource {
            stream_name,
            aws_region: arguments.region,
            offset_reset_policy: Some(match arguments.offset_reset_policy {
                ResetPolicy::Earliest => OffsetResetPolicy::Earliest,
                ResetPolicy::Latest => OffsetResetPolicy::Latest,
            }),
            dms_primary_key: None,
        }),
        ..SourceRequest::default()
    });
    let request = CreateCollectionRequest {
        name,
        description: arguments.description,
        sources: Some(source.into_iter().collect()),
        retention_secs: arguments.retention_secs,
        ..CreateCollectionRequest::default()
    };
    let made = connection.client()?.create_collection(&workspace, &request).await?;
    println!("made {}.{}", made.workspace, made.name);
    Ok(())
}

fn print_list(collections: &[Collection]) {
    let mut table = Table::new(&["workspace", "name", "status", "documents", "bytes", "sources"]);
    for collection in collections {
        let sources: Vec<String> = collection
            .sources
            .iter()
            .map(|source| {
                let stream =
                    source.kinesis.as_ref().map(|kinesis| kinesis.stream_name.as_str()).unwrap_or_default();
                let state =
                    source.status.as_ref().map(|status| format!("{:?}", status.state)).unwrap_or_default();
                format!("{stream} ({})", state.to_uppercase())
            })
            .collect();
        table.row(vec![
            collection.workspace.clone(),
            collection.name.clone(),
            collection.status.clone(),
            collection.stats.doc_count.to_string(),
            collection.stats.total_size.to_string(),
            sources.join(", "),
        ]);
    }
    print!("{}", table.render());
}
