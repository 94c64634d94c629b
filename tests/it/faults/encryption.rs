//! Encrypted connections, and passwords that nobody gets to see.

use std::{
    env,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use atlas::{Error, TlsMode, prelude::*};

use super::{Account, accounts};
use crate::support::{Folder, Logged, Place, places, with_parameters};

/// The authority behind the servers' certificates, and one that signed nothing.
fn authorities() -> Option<(PathBuf, PathBuf)> {
    let ours = PathBuf::from(env::var_os("ATLAS_TEST_CA")?);
    let other = ours.with_file_name("other-ca.pem");
    Some((ours, other))
}

/// The same server by the name that its certificate is for.
fn by_name(url: &str) -> String {
    url.replace("@127.0.0.1:", "@localhost:")
}

async fn is_encrypted(place: &Place, db: &Db) -> bool {
    match place.driver {
        "postgres" => {
            let text = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";
            db.raw(text, ()).value::<bool>().await.unwrap().unwrap()
        }
        _ => {
            let text = "select variable_value from information_schema.session_status
                        where variable_name = 'Ssl_cipher'";
            !db.raw(text, ()).value::<String>().await.unwrap().unwrap().is_empty()
        }
    }
}

#[tokio::test]
async fn encrypted_connections() {
    use TlsMode::{Disable, Prefer, Require, VerifyCa, VerifyFull};
    let Some((ours, other)) = authorities() else { return };
    for place in places("faults-tls").await {
        if place.driver == "sqlite" || !place.url.contains("@127.0.0.1:") {
            continue; // a server that is not ours has a certificate of its own
        }
        let by_number = with_parameters(&place.url, "max_connections=1");
        let by_name = by_name(&by_number);
        for (mode, url, authority, encrypted) in [
            (Disable, &by_number, None, false),
            (Prefer, &by_number, None, true),
            (Require, &by_number, None, true),
            (VerifyCa, &by_number, Some(&ours), true),
            (VerifyCa, &by_name, Some(&ours), true),
            (VerifyFull, &by_name, Some(&ours), true),
        ] {
            let mut builder = Db::builder(url).tls(mode);
            if let Some(authority) = authority {
                builder = builder.tls_ca(authority);
            }
            let db = builder.connect().await.unwrap_or_else(|error| panic!("{mode:?} to {url}: {error}"));
            assert_eq!(is_encrypted(&place, &db).await, encrypted, "{mode:?} to {url}");
            db.close().await.unwrap();
        }
        for (mode, url, authority) in [
            (VerifyFull, &by_number, Some(&ours)),
            (VerifyFull, &by_name, Some(&other)),
            (VerifyCa, &by_name, Some(&other)),
            // The authorities that the system trusts did not sign it.
            (VerifyFull, &by_name, None),
        ] {
            let mut builder = Db::builder(url).tls(mode);
            if let Some(authority) = authority {
                builder = builder.tls_ca(authority);
            }
            let refused = builder.connect().await.expect_err("the certificate is wrong");
            let said = refused.to_string();
            assert!(matches!(refused, Error::Connect { .. }), "{refused:?}");
            assert!(said.to_lowercase().contains("certificate"), "{mode:?} to {url}: {said}");
        }
        // As parameters of the URL.
        let (mode, authority) = match place.driver {
            "postgres" => ("sslmode=verify-full", "sslrootcert"),
            _ => ("ssl-mode=verify_identity", "ssl-ca"),
        };
        let url = with_parameters(&by_name, &format!("{mode}&{authority}={}", ours.display()));
        let db = Db::connect(&url).await.unwrap();
        assert!(is_encrypted(&place, &db).await);
        let missing = with_parameters(&by_name, &format!("{mode}&{authority}=/nowhere/ca.pem"));
        let said = Db::connect(&missing).await.unwrap_err().to_string();
        assert!(said.contains("`/nowhere/ca.pem` cannot be read"), "{said}");
        let useless = with_parameters(&by_name, &format!("{authority}={}&sslmode=require", ours.display()));
        assert!(matches!(Db::connect(&useless).await, Err(Error::Config { .. })));
    }
}

/// Everything that a program can see of a connection that works, and of those that do not.
#[tokio::test]
async fn passwords_are_nowhere() {
    let logged = Logged::default();
    let _guard = tracing::subscriber::set_default(logged.clone());
    let folder = Folder::new("faults-passwords");
    for place in places("faults-secrets").await {
        if place.driver == "sqlite" {
            continue;
        }
        let url = with_parameters(&place.url, "max_connections=1");
        let after = &url[url.find("://").unwrap() + 3..];
        let (user, rest) = after.split_once(':').unwrap();
        let password = rest.split_once('@').unwrap().0;
        let wrong = "wr0ng-geheim";
        let with_wrong = url.replacen(password, wrong, 1);
        let seen = Arc::new(Mutex::new(String::new()));
        let see = |shown: String| seen.lock().unwrap().push_str(&shown);

        let builder = Db::builder(&url).slow_statements(Duration::ZERO);
        see(format!("{builder:?}"));
        let db = builder.connect().await.unwrap();
        let events = seen.clone();
        db.listen(move |event| events.lock().unwrap().push_str(&format!("{event:?}")));
        accounts(&db, 2, 1).await;
        Account::all(&db).await.unwrap();
        db.transaction(async |tx| Account::all(&tx).await).await.unwrap();
        see(format!("{db:?} {:?}", db.health().await));
        see(format!("{:?}", db.raw("select nothing from nowhere", ()).get().await));
        db.close().await.unwrap();
        see(format!("{:?}", db.health().await));

        for failing in [
            with_wrong.clone(),
            format!("{with_wrong}&no_such_parameter=1"),
            format!("{with_wrong}&max_connections=many"),
            with_wrong.replace(user, "nobody"),
            with_wrong.replacen("127.0.0.1:", "127.0.0.1:1", 1),
            with_wrong.replacen(wrong, "wr0ng-geheim/%zz@", 1),
            with_wrong.replacen("://", ":/", 1),
            format!("oracle://{user}:{wrong}@127.0.0.1/x"),
        ] {
            let failed = match Db::connect(&failing).await {
                Ok(db) => panic!("{failing}: {db:?}"),
                Err(error) => error,
            };
            let mut shown = format!("{failed} {failed:?}");
            let mut source = std::error::Error::source(&failed);
            while let Some(cause) = source {
                shown.push_str(&format!(" {cause} {cause:?}"));
                source = cause.source();
            }
            see(shown);
        }
        // A handle that has not connected yet, and its health.
        let lazy = Db::builder(&with_wrong).lazy().connect().await.unwrap();
        see(format!("{lazy:?} {:?} {:?}", Account::all(&lazy).await, lazy.health().await));

        let toml = folder.path("atlas.toml");
        std::fs::write(&toml, format!("default = 'a'\n[connections.a]\nurl = '{with_wrong}'\n")).unwrap();
        let config = atlas::Config::from_file(&toml).unwrap();
        see(format!("{config:?}"));
        let connections = atlas::Connections::new();
        connections.configure(config).await.unwrap();
        see(format!("{connections:?} {:?}", Account::all(&connections).await));

        let seen = seen.lock().unwrap();
        let logs = logged.text();
        assert!(seen.contains("accounts") && logs.contains("db.query.text"), "something was seen: {logs}");
        for secret in [password, wrong] {
            for shown in [&seen, &logs] {
                let at = shown.find(secret);
                let around = at.map(|at| &shown[at.saturating_sub(300)..shown.len().min(at + 50)]);
                assert_eq!(around, None, "{secret}");
            }
        }
    }
}
