//! The service of `examples/multi_tenant_api.rs`, over HTTP.

use std::net::SocketAddr;

use atlas::{TenantDatabases, prelude::*};
use http_body_util::{BodyExt, Full};
use hyper::{Request, body::Bytes, client::conn::http1, header::HeaderMap};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{databases, places};

#[allow(dead_code, reason = "its main is the example's")]
#[path = "../../examples/multi_tenant_api.rs"]
mod example;

use example::{App, Organisation, Project, Strategy, Task, service};

/// A service that listens, and what it answers.
#[derive(Clone, Copy)]
struct Client(SocketAddr);

impl Client {
    async fn of(db: Db, strategy: Strategy) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, service(App { db, strategy })).await.unwrap() });
        Self(address)
    }

    /// Sends a request as an organisation: the status, and what came as JSON.
    async fn send(self, org: &str, method: &str, path: &str, body: impl Into<String>) -> (u16, Value) {
        let headers = [("x-org", org), ("content-type", "application/json")];
        self.send_with(&headers, method, path, body.into()).await
    }

    async fn send_with(
        self,
        headers: &[(&str, &str)],
        method: &str,
        path: &str,
        body: String,
    ) -> (u16, Value) {
        let stream = TcpStream::connect(self.0).await.unwrap();
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
            request = request.header(*name, *value);
        }
        if !request.headers_ref().is_some_and(|headers: &HeaderMap| headers.contains_key("host")) {
            request = request.header("host", "localhost");
        }
        let response =
            sender.send_request(request.body(Full::new(Bytes::from(body))).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    async fn get(self, org: &str, path: &str) -> (u16, Value) {
        self.send(org, "GET", path, "").await
    }

    async fn post(self, org: &str, path: &str, body: Value) -> (u16, Value) {
        self.send(org, "POST", path, body.to_string()).await
    }
}

/// A service with two organisations in shared tables.
async fn of_rows(db: &Db) -> Client {
    db.create_tables(models![Organisation, Project, Task]).await.unwrap();
    let organisations = ["acme-corp", "ants"].map(|slug| Organisation::draft().slug(slug));
    Organisation::insert(db, organisations).await.unwrap();
    Client::of(db.clone(), Strategy::Rows).await
}

// 002-79, 002-80, 002-81, 002-82, 002-83, B-211, B-213
#[tokio::test]
async fn the_middleware_resolves_the_organisation() {
    for db in &databases().await {
        let client = of_rows(db).await;
        let (status, created) = client.post("acme-corp", "/projects", json!({"name": "Rocket"})).await;
        assert_eq!((status, &created["name"]), (201, &json!("Rocket")));
        assert_eq!(client.get("acme-corp", "/projects").await.1["total"], 1);
        assert_eq!(client.get("ants", "/projects").await.1["total"], 0);

        // From the host's name too.
        let host = [("host", "acme-corp.example.com")];
        assert_eq!(client.send_with(&host, "GET", "/projects", String::new()).await.1["total"], 1);

        // One that nobody knows is refused; a request without one goes on, to where no tenant's row is.
        for slug in ["nobody", "acme", "ACME-CORP", "' or 1=1 --", "../ants", "%"] {
            let (status, body) = client.get(slug, "/projects").await;
            assert_eq!(status, 404, "{slug}: {body}");
        }
        let (status, body) = client.get("", "/projects").await;
        assert_eq!((status, &body["error"]), (400, &json!("say whose it is: send `x-org`")));
        assert_eq!(client.post("", "/projects", json!({"name": "x"})).await.0, 400);
        assert_eq!(client.get("", "/health").await.0, 200);
        assert_eq!(Project::query().count(&db.without_tenant()).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn input_is_validated() {
    for db in &databases().await {
        let client = of_rows(db).await;
        let post = async |body: Value| client.post("ants", "/projects", body).await;
        for (body, field, message) in [
            (json!({}), "name", "is required"),
            (json!({"name": "  "}), "name", "must not be empty"),
            (json!({"name": "x", "budget": -1}), "budget", "must not be negative"),
        ] {
            let (status, answer) = post(body).await;
            assert_eq!((status, &answer["fields"][field]), (422, &json!(message)), "{answer}");
        }
        for body in
            [json!({"name": 7}), json!({"name": null}), json!({"name": "x", "budget": "much"}), json!([1])]
        {
            let (status, answer) = post(body.clone()).await;
            assert!(status == 422 && answer["error"].is_string(), "{body}: {status} {answer}");
        }
        assert_eq!(client.send("ants", "POST", "/projects", "{\"name\"").await.0, 400);
        assert_eq!(Project::query().count(&db.without_tenant()).await.unwrap(), 0);

        // What is not fillable is passed over: whose it is, and what clients do not decide.
        let (status, project) = post(json!({"name": "x", "org_id": 1, "archived": true, "id": 77})).await;
        assert_eq!((status, &project["archived"], project.get("org_id")), (201, &json!(false), None));
        let row = Project::query().sole(&db.without_tenant()).await.unwrap();
        assert!(row.org_id == 2 && row.id != 77);
        let (status, answer) = post(json!({"name": "x"})).await;
        assert_eq!((status, &answer["fields"]["name"]), (409, &json!("is taken")));
        assert_eq!(client.post("acme-corp", "/projects", json!({"name": "x"})).await.0, 201);
    }
}

#[tokio::test]
async fn what_belongs_to_another_organisation_is_not_there() {
    for db in &databases().await {
        let client = of_rows(db).await;
        let (_, project) =
            client.post("acme-corp", "/projects", json!({"name": "Rocket", "budget": 900})).await;
        let path = format!("/projects/{}", project["id"]);
        let tasks = format!("{path}/tasks");
        let (status, task) = client.post("acme-corp", &tasks, json!({"title": "Build it"})).await;
        assert_eq!((status, &task["title"], &task["project_id"]), (201, &json!("Build it"), &project["id"]));
        for (method, path, body) in [
            ("GET", &path, ""),
            ("PATCH", &path, r#"{"budget": 0}"#),
            ("DELETE", &path, ""),
            ("POST", &tasks, r#"{"title": "Spy"}"#),
        ] {
            assert_eq!(client.send("ants", method, path, body).await.0, 404, "{method} {path}");
        }
        let (status, shown) = client.get("acme-corp", &path).await;
        assert_eq!((status, &shown["budget"], &shown["tasks"]), (200, &json!(900), &json!([task])));
        let (status, changed) = client.send("acme-corp", "PATCH", &path, r#"{"budget": 950}"#).await;
        assert_eq!((status, &changed["budget"], &changed["name"]), (200, &json!(950), &json!("Rocket")));
        assert_eq!(client.send("acme-corp", "DELETE", &path, "").await.0, 204);
        assert_eq!(client.get("acme-corp", &path).await.0, 404);
        assert_eq!(Task::query().count(&db.without_tenant()).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn lists_come_in_pages() {
    for db in &databases().await {
        let client = of_rows(db).await;
        for (org, id) in [("acme", 1), ("ants", 2)] {
            let drafts = (0..25).map(|number| Project::draft().name(format!("{org} {number:02}")));
            Project::insert(&db.for_tenant(id), drafts).await.unwrap();
        }
        let (status, page) = client.get("ants", "/projects?page=2&per_page=10").await;
        assert_eq!(status, 200);
        let numbers = ["total", "per_page", "current_page", "last_page"].map(|name| page[name].as_u64());
        assert_eq!(numbers, [Some(25), Some(10), Some(2), Some(3)]);
        assert_eq!(
            (&page["data"][0]["name"], &page["data"][9]["name"]),
            (&json!("ants 10"), &json!("ants 19"))
        );
        assert_eq!(page["data"][0]["tasks_count"], 0);
        let (_, page) = client.get("ants", "/projects?page=9&per_page=100000").await;
        assert_eq!((&page["per_page"], &page["data"]), (&json!(100), &json!([])));
        assert_eq!(client.get("ants", "/projects?per_page=0").await.1["data"].as_array().unwrap().len(), 1);
        assert_eq!(client.get("ants", "/projects?page=x").await.0, 400);
    }
}

// 002-64, Y-05
#[tokio::test]
async fn requests_at_the_same_time_see_their_own_rows() {
    for db in &databases().await {
        let client = of_rows(db).await;
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..40 {
            tasks.spawn(async move {
                let org = if number % 2 == 0 { "acme-corp" } else { "ants" };
                let name = format!("{org} {number}");
                assert_eq!(client.post(org, "/projects", json!({ "name": name })).await.0, 201);
                let (_, page) = client.get(org, "/projects?per_page=100").await;
                let names =
                    page["data"].as_array().unwrap().iter().map(|project| project["name"].as_str().unwrap());
                assert!(names.clone().all(|name| name.starts_with(org)), "{page}");
                assert!(names.clone().any(|other| other == name));
            });
        }
        tasks.join_all().await;
        for org in ["acme-corp", "ants"] {
            assert_eq!(client.get(org, "/projects").await.1["total"], 20);
        }
    }
}

// 002-84, 002-85, 002-87, 002-88
#[tokio::test]
async fn organisations_have_databases_of_their_own() {
    let shared = Db::connect("sqlite::memory:").await.unwrap();
    shared.create_tables(models![Organisation]).await.unwrap();
    let organisations = ["acme-corp", "ants", "bees"].map(|slug| Organisation::draft().slug(slug));
    Organisation::insert(&shared, organisations).await.unwrap();
    let (acme, ants) = (places("api-acme").await, places("api-ants").await);
    for (acme, ants) in acme.into_iter().zip(ants) {
        let (acme_url, ants_url) = (acme.url.clone(), ants.url.clone());
        let tenants = TenantDatabases::new("DB_TENANT_{SLUG}", move |name| match name {
            "DB_TENANT_ACME_CORP" => Some(acme_url.clone()),
            "DB_TENANT_ANTS" => Some(ants_url.clone()),
            _ => None,
        });
        let tenants = tenants.unwrap();
        let made = tenants
            .for_each(["acme-corp", "ants"], async |db| db.create_tables(models![Project, Task]).await);
        assert!(made.await.iter().all(|(_, made)| made.is_ok()));
        let client = Client::of(shared.clone(), Strategy::Databases(tenants)).await;
        let (status, project) = client.post("acme-corp", "/projects", json!({"name": "Rocket"})).await;
        assert_eq!((status, &project["id"]), (201, &json!(1)));
        assert_eq!(client.post("ants", "/projects", json!({"name": "Hill"})).await.1["id"], 1);
        assert_eq!(client.get("acme-corp", "/projects/1").await.1["name"], "Rocket");
        assert_eq!(client.get("ants", "/projects/1").await.1["name"], "Hill");
        // An organisation without a database, and no organisation.
        assert_eq!(client.get("bees", "/projects").await.0, 404);
        assert_eq!(client.get("", "/projects").await.0, 400);
    }
}
