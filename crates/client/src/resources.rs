//! Collections, integrations and the organization.

use reqwest::Method;
use rockhopper_api::{
    Collection, CreateCollectionRequest, Data, DeletedCollection, Integration, IntegrationRequest,
    Organization,
};

use crate::{Client, Result};

impl Client {
    /// The organization that the key belongs to: proves that the server is there and the key is right.
    pub async fn organization(&self) -> Result<Organization> {
        Ok(self.call::<Data<Organization>>(Method::GET, &[]).await?.data)
    }

    /// All collections.
    pub async fn collections(&self) -> Result<Vec<Collection>> {
        Ok(self.call::<Data<Vec<Collection>>>(Method::GET, &["collections"]).await?.data)
    }

    /// One collection with its statistics and the status of its sources.
    pub async fn collection(&self, workspace: &str, name: &str) -> Result<Collection> {
        let path = ["ws", workspace, "collections", name];
        Ok(self.call::<Data<Collection>>(Method::GET, &path).await?.data)
    }

    /// Makes a collection.
    pub async fn create_collection(
        &self,
        workspace: &str,
        request: &CreateCollectionRequest,
    ) -> Result<Collection> {
        let path = ["ws", workspace, "collections"];
        Ok(self.call_with::<_, Data<Collection>>(Method::POST, &path, request).await?.data)
    }

    /// Deletes a collection with its documents.
    pub async fn delete_collection(&self, workspace: &str, name: &str) -> Result<DeletedCollection> {
        let path = ["ws", workspace, "collections", name];
        Ok(self.call::<Data<DeletedCollection>>(Method::DELETE, &path).await?.data)
    }

    /// All integrations; their secrets are redacted.
    pub async fn integrations(&self) -> Result<Vec<Integration>> {
        Ok(self.call::<Data<Vec<Integration>>>(Method::GET, &["integrations"]).await?.data)
    }

    /// Stores credentials under a name.
    pub async fn create_integration(&self, request: &IntegrationRequest) -> Result<Integration> {
        Ok(self.call_with::<_, Data<Integration>>(Method::POST, &["integrations"], request).await?.data)
    }

    /// Deletes an integration that no collection uses.
    pub async fn delete_integration(&self, name: &str) -> Result<Integration> {
        Ok(self.call::<Data<Integration>>(Method::DELETE, &["integrations", name]).await?.data)
    }
}
