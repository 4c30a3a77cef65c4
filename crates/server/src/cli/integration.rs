//! `rockhopper integration`

use clap::{Args, Subcommand};
use rockhopper_api::{AwsAccessKey, IntegrationRequest, KinesisIntegration, Secret};

use super::connection::Connection;
use super::table::Table;
use crate::{Error, Result};

/// The environment variable that holds the secret half of an access key.
const SECRET_VARIABLE: &str = "AWS_SECRET_ACCESS_KEY";

/// What is done with integrations.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Store AWS credentials under a name
    #[command(after_help = "\
The secret access key is read from the environment variable AWS_SECRET_ACCESS_KEY: an argument could be seen by
every user of this machine. With --use-server-environment nothing is stored: the server's own AWS environment is used.

Examples:
  AWS_ACCESS_KEY_ID=.. AWS_SECRET_ACCESS_KEY=.. rockhopper integration create aws
  rockhopper integration create aws --use-server-environment")]
    Create(CreateArguments),
    /// Show all integrations; secrets are not shown
    List {
        #[command(flatten)]
        connection: Connection,
    },
    /// Delete an integration that no collection uses
    Delete {
        /// Its name
        name: String,
        #[command(flatten)]
        connection: Connection,
    },
}

/// A new integration.
#[derive(Debug, Args)]
pub struct CreateArguments {
    /// Its name
    name: String,
    /// The public half of an AWS access key
    #[arg(
        long,
        env = "AWS_ACCESS_KEY_ID",
        value_name = "ID",
        required_unless_present = "use_server_environment"
    )]
    aws_access_key_id: Option<String>,
    /// Use the server's own AWS environment instead of a key
    #[arg(long)]
    use_server_environment: bool,
    /// A text for readers
    #[arg(long)]
    description: Option<String>,
    #[command(flatten)]
    connection: Connection,
}

/// Does it.
pub async fn run(command: Command) -> Result<()> {
    match command {
        Command::Create(arguments) => create(arguments).await,
        Command::List { connection } => {
            let mut table = Table::new(&["name", "credentials", "used by"]);
            for integration in connection.client()?.integrations().await? {
                let credentials = integration.kinesis.unwrap_or_default();
                let credentials = match (credentials.aws_access_key, credentials.aws_role) {
                    (Some(key), _) => format!("access key {}", key.aws_access_key_id),
                    (None, Some(role)) => format!("role {}", role.aws_role_arn),
                    (None, None) => "the server's AWS environment".to_string(),
                };
                let users: Vec<String> = integration.collections.iter().map(full_name).collect();
                table.row(vec![integration.name, credentials, users.join(", ")]);
            }
            print!("{}", table.render());
            Ok(())
        }
        Command::Delete { name, connection } => {
            connection.client()?.delete_integration(&name).await?;
            println!("deleted {name}");
            Ok(())
        }
    }
}

fn full_name(collection: &serde_json::Value) -> String {
    let member = |name: &str| collection[name].as_str().unwrap_or_default();
    format!("{}.{}", member("workspace"), member("name"))
}

async fn create(arguments: CreateArguments) -> Result<()> {
    let aws_access_key = match arguments.aws_access_key_id {
        Some(aws_access_key_id) if !arguments.use_server_environment => {
            let secret = std::env::var(SECRET_VARIABLE).unwrap_or_default();
            if secret.is_empty() {
                return Err(Error::Setup(format!(
                    "the environment variable {SECRET_VARIABLE} is not set; put the secret access key into it"
                )));
            }
            Some(AwsAccessKey { aws_access_key_id, aws_secret_access_key: Secret::new(secret) })
        }
        _ => None,
    };
    let request = IntegrationRequest {
        name: arguments.name,
        description: arguments.description,
        kinesis: Some(KinesisIntegration { aws_access_key, aws_role: None }),
        ..IntegrationRequest::default()
    };
    let made = arguments.connection.client()?.create_integration(&request).await?;
    println!("made {}", made.name);
    Ok(())
}
