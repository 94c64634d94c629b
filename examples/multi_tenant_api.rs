//! A web service for many organisations, with Axum: `cargo run --example multi_tenant_api`.
//!
//! ```sh
//! curl -H 'x-org: acme-corp' -H 'content-type: application/json' \
//!     -d '{"name": "Rocket", "budget": 900}' http://127.0.0.1:3000/projects
//! curl -H 'x-org: acme-corp' 'http://127.0.0.1:3000/projects?page=1'
//! ```

use std::sync::Arc;

use atlas::{ConstraintKind, Error, Fill, Page, TenantDatabases, prelude::*};
use axum::{
    Extension, Json, Router,
    extract::{Path, Query as Params, Request, State, rejection::JsonRejection},
    http::StatusCode,
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::json;

/// Who may use the service: the one table that belongs to nobody.
#[derive(Model, Debug)]
#[table("organisations")]
pub struct Organisation {
    pub id: i64,
    #[unique]
    pub slug: String,
}

#[derive(Model, Debug)]
#[tenant(org_id)]
#[unique(org_id, name)]
#[fillable(name, budget)]
#[hidden(org_id)]
pub struct Project {
    pub id: i64,
    pub org_id: i64,
    pub name: String,
    #[default(0)]
    pub budget: i64,
    #[default(false)]
    pub archived: bool,
    #[has_many]
    pub tasks: HasMany<Task>,
}

#[derive(Model, Debug)]
#[tenant(org_id)]
#[fillable(title, done)]
#[hidden(org_id)]
pub struct Task {
    pub id: i64,
    pub org_id: i64,
    pub project_id: i64,
    pub title: String,
    #[default(false)]
    pub done: bool,
    #[belongs_to]
    pub project: BelongsTo<Project>,
}

/// Where the rows of organisations are.
pub enum Strategy {
    /// In tables that they share.
    Rows,
    /// In databases of their own.
    Databases(TenantDatabases),
}

pub struct App {
    pub db: Db,
    pub strategy: Strategy,
}

/// The service, as a tower service.
pub fn service(app: App) -> Router {
    let app = Arc::new(app);
    Router::new()
        .route("/projects", get(list).post(create))
        .route("/projects/{id}", get(show).patch(change).delete(remove))
        .route("/projects/{id}/tasks", post(add_task))
        .layer(from_fn_with_state(app.clone(), resolve_organisation))
        .route("/health", get(health))
        .with_state(app)
}

/// Finds out whose request it is, and gives the handlers a handle that reaches nothing else. Nothing is kept
/// beside the request: what runs at the same time has handles of its own.
async fn resolve_organisation(
    State(app): State<Arc<App>>,
    mut request: Request,
    next: Next,
) -> Result<Response, Failure> {
    // A request without an organisation goes on without one: whatever then asks for rows of tenants is refused.
    let db = match slug_of(&request) {
        None => app.db.clone(),
        Some(slug) => {
            let found = Organisation::query().where_eq(Organisation::slug, &slug).first(&app.db).await?;
            let org = found.ok_or_else(|| Failure::unknown(&slug))?;
            let db = match &app.strategy {
                Strategy::Rows => app.db.clone(),
                Strategy::Databases(tenants) => {
                    tenants.find(&slug).await?.ok_or_else(|| Failure::unknown(&slug))?
                }
            };
            db.for_tenant(org.id)
        }
    };
    request.extensions_mut().insert(db);
    Ok(next.run(request).await)
}

/// The organisation's slug: from the header that a gateway sets, or from `acme-corp.example.com`.
fn slug_of(request: &Request) -> Option<String> {
    let header = |name: &str| request.headers().get(name)?.to_str().ok();
    let host = || header("host")?.strip_suffix(".example.com");
    header("x-org").or_else(host).map(str::to_owned)
}

#[derive(Deserialize)]
struct PageParams {
    #[serde(default = "first")]
    page: u64,
    #[serde(default = "twenty")]
    per_page: u64,
}

fn first() -> u64 {
    1
}

fn twenty() -> u64 {
    20
}

async fn list(
    Extension(db): Extension<Db>,
    Params(PageParams { page, per_page }): Params<PageParams>,
) -> Answer<Page<Record<Project>>> {
    let projects = Project::query().with_count(Project::tasks).order_by(Project::name);
    Ok(Json(projects.paginate(&db, page, per_page.clamp(1, 100)).await?))
}

async fn show(Extension(db): Extension<Db>, Path(id): Path<i64>) -> Answer<Record<Project>> {
    Ok(Json(Project::query().with(Project::tasks).find_or_fail(&db, id).await?))
}

async fn create(
    Extension(db): Extension<Db>,
    input: Input<Project>,
) -> Result<(StatusCode, Json<Record<Project>>), Failure> {
    let fill = checked(input)?;
    Ok((StatusCode::CREATED, Json(Project::draft().fill(fill).save(&db).await?)))
}

async fn change(
    Extension(db): Extension<Db>,
    Path(id): Path<i64>,
    input: Input<Project>,
) -> Answer<Record<Project>> {
    let fill = checked(input)?;
    let mut project = Project::find_or_fail(&db, id).await?;
    project.merge(fill)?;
    project.save(&db).await?;
    Ok(Json(project))
}

async fn remove(Extension(db): Extension<Db>, Path(id): Path<i64>) -> Result<StatusCode, Failure> {
    db.transaction(async |tx| {
        let mut project = Project::find_or_fail(&tx, id).await?;
        project.related(Project::tasks).query().delete(&tx).await?;
        project.delete(&tx).await
    })
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn add_task(
    Extension(db): Extension<Db>,
    Path(id): Path<i64>,
    input: Input<Task>,
) -> Result<(StatusCode, Json<Record<Task>>), Failure> {
    let Json(fill) = input.map_err(Failure::refused)?;
    let project = Project::find_or_fail(&db, id).await?;
    let task = project.related(Project::tasks).create(&db, Task::draft().fill(fill)).await?;
    Ok((StatusCode::CREATED, Json(task)))
}

async fn health(State(app): State<Arc<App>>) -> StatusCode {
    if app.db.health().await.is_healthy() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

type Answer<T> = Result<Json<T>, Failure>;

/// What came as JSON: the columns that `#[fillable]` names, each in its own type.
type Input<M> = Result<Json<Fill<M>>, JsonRejection>;

/// What the types cannot say of a project.
fn checked(input: Input<Project>) -> Result<Fill<Project>, Failure> {
    let Json(fill) = input.map_err(Failure::refused)?;
    if fill.get(Project::name)?.is_some_and(|name| name.trim().is_empty()) {
        return Err(Failure::invalid("name", "must not be empty"));
    }
    if fill.get(Project::budget)?.is_some_and(|budget| budget < 0) {
        return Err(Failure::invalid("budget", "must not be negative"));
    }
    Ok(fill)
}

/// What a client is told where something went wrong.
#[derive(Debug)]
pub struct Failure {
    status: StatusCode,
    body: serde_json::Value,
}

impl Failure {
    fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, body: json!({ "error": message.into() }) }
    }

    fn unknown(slug: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("there is no organisation `{slug}`"))
    }

    fn invalid(field: &str, message: &str) -> Self {
        let body = json!({ "error": "the input is not valid", "fields": { field: message } });
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, body }
    }

    fn refused(rejection: JsonRejection) -> Self {
        Self::new(rejection.status(), rejection.body_text())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match &error {
            Error::NotFound { .. } => Self::new(StatusCode::NOT_FOUND, error.to_string()),
            Error::Constraint { kind: ConstraintKind::Unique, columns, .. } => {
                let fields = columns.iter().map(|column| (column.clone(), json!("is taken"))).collect();
                let fields = serde_json::Value::Object(fields);
                Self { status: StatusCode::CONFLICT, body: json!({ "error": "taken", "fields": fields }) }
            }
            Error::MissingAttribute { column, .. } => Self::invalid(column, "is required"),
            Error::TenantRequired { .. } => {
                Self::new(StatusCode::BAD_REQUEST, "say whose it is: send `x-org`")
            }
            Error::Stale { .. } => Self::new(StatusCode::CONFLICT, "somebody else changed it: read it again"),
            Error::Timeout { .. } | Error::Pool { .. } | Error::Connect { .. } => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "try again later")
            }
            // The rest is ours: the log gets it, the client does not.
            _ => {
                eprintln!("{error}");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "something went wrong")
            }
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (self.status, Json(self.body)).into_response()
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let db = Db::connect("sqlite::memory:").await?;
    db.create_tables(models![Organisation, Project, Task]).await?;
    let organisations = ["acme-corp", "ants"].map(|slug| Organisation::draft().slug(slug));
    Organisation::insert(&db, organisations).await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, service(App { db, strategy: Strategy::Rows })).await?;
    Ok(())
}
