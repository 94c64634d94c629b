//! Terminal sessions of the command, `sessions/*.trycmd`, each in a folder of its own. `TRYCMD=overwrite` writes down what the
//! commands give; read what it wrote.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::{env, fs, path::Path, process::Command};

const ATLAS: &str = env!("CARGO_BIN_EXE_atlas");

// 000-127, 000-128, 000-129, 000-130, 000-131, B-415, C-236, C-237, C-240, C-242, C-244
#[test]
fn sessions() {
    let shop = Path::new(ATLAS).with_file_name("examples").join(format!("shop{}", env::consts::EXE_SUFFIX));
    let cases = trycmd::TestCases::new();
    cases.register_bin("atlas", Path::new(ATLAS)).register_bin("shop", shop.as_path());
    cases.env("NO_COLOR", "1").env("DATABASE_URL", "");
    cases.case("tests/sessions/*.trycmd");
}

/// `atlas init demo && cd demo && cargo run`, and the command of the program that was made.
#[test]
fn a_new_project_runs() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    // What the program is made of is built once, and kept.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("init");
    let target = folder.with_extension("target");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let run = |program: &str, arguments: &[&str], place: &Path| {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(place).env("CARGO_TARGET_DIR", &target);
        command
            .env("CARGO_NET_OFFLINE", "true")
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO_PROFILE_DEV_DEBUG", "0");
        command.env_remove("DATABASE_URL").env_remove("ATLAS_ENV").env_remove("APP_ENV");
        let output = command.output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let (out, error) = (text(output.stdout), text(output.stderr));
        assert!(output.status.success(), "{program} {arguments:?}: {out}\n{error}");
        out
    };
    run(ATLAS, &["init", "demo", "--path", workspace.to_str().unwrap()], &folder);
    let demo = folder.join("demo");
    // The versions that are tested, and those that are there without a network.
    fs::copy(workspace.join("Cargo.lock"), demo.join("Cargo.lock")).unwrap();
    assert_eq!(run("cargo", &["run", "--quiet"], &demo), "Hello, Ann!\n");

    // The installed command calls the program's own.
    assert!(run(ATLAS, &["migrate:status"], &demo).contains("_create_users"));
    assert_eq!(run(ATLAS, &["db:seed"], &demo), "seeded      UserSeeder\n");
    assert_eq!(
        run(ATLAS, &["query", "--json", "select count(*) as n from users"], &demo),
        "[\n  {\n    \"n\": 4\n  }\n]\n"
    );
    run(ATLAS, &["make:model", "Post", "-fso"], &demo);
    let root = fs::read_to_string(demo.join("src/lib.rs")).unwrap();
    fs::write(demo.join("src/lib.rs"), root + "pub mod observers;\n").unwrap();
    assert!(run(ATLAS, &["migrate:generate"], &demo).contains("_create_posts.rs"));
    assert!(run(ATLAS, &["migrate"], &demo).contains("_create_posts"));
    assert_eq!(run(ATLAS, &["check"], &demo), "Models, migrations and database are the same.\n");
    run(ATLAS, &["make:migration", "add_age_to_users"], &demo);
    assert!(run(ATLAS, &["migrate"], &demo).contains("_add_age_to_users"));
    let _ = fs::remove_dir_all(&folder);
}

/// On the servers that `ATLAS_TEST_POSTGRES_URL` and `ATLAS_TEST_MYSQL_URL` name, in a database of its own.
#[test]
fn the_command_works_on_servers() {
    for variable in ["ATLAS_TEST_POSTGRES_URL", "ATLAS_TEST_MYSQL_URL"] {
        let Ok(server) = env::var(variable) else {
            eprintln!("{variable} is not set: this server is left out");
            continue;
        };
        let name = format!("it_cli_{}", std::process::id());
        let (place, _) = server.rsplit_once('/').unwrap();
        let url = format!("{place}/{name}");
        let shop = Path::new(ATLAS).with_file_name("examples").join("shop");
        let run = |url: &str, arguments: &[&str]| -> String {
            let mut command = Command::new(&shop);
            command
                .args(arguments)
                .current_dir(env::temp_dir())
                .env("DATABASE_URL", url)
                .env("NO_COLOR", "1");
            let output = command.env_remove("ATLAS_ENV").env_remove("APP_ENV").output().unwrap();
            let (out, error) =
                (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
            assert!(output.status.success(), "{arguments:?}: {out}{error}");
            let password = server.split('@').next().and_then(|who| who.rsplit(':').next()).unwrap();
            assert!(!out.contains(password) && !error.contains(password), "{arguments:?}: {out}{error}");
            out
        };
        run(&server, &["query", &format!("create database {name}")]);
        let migrated = run(&url, &["migrate", "--seed"]);
        assert!(migrated.ends_with("seeded      ProductSeeder\nnot here    CarelessSeeder\n"), "{migrated}");
        assert_eq!(
            run(&url, &["query", "--json", "select count(*) as n from orders"]),
            "[\n  {\n    \"n\": 6\n  }\n]\n"
        );
        let shown = run(&url, &["db:show", "--counts"]);
        let shown: Vec<&str> = shown.lines().filter(|line| line.starts_with("products ")).collect();
        assert_eq!(
            shown.iter().map(|line| line.split_whitespace().collect::<Vec<_>>()).collect::<Vec<_>>(),
            [["products", "3", "3"]]
        );
        assert!(run(&url, &["db:table", "orders"]).contains("products (id)  cascade"));
        assert!(run(&url, &["erd"]).contains("products ||--o{ orders : \"product_id\""));
        assert!(run(&url, &["migrate:rollback"]).starts_with("taken back  2026_02_01_120000_create_orders"));
        assert!(run(&url, &["migrate:status", "--json"]).contains("\"state\":\"pending\""));
        run(&url, &["migrate:fresh"]);
        run(&url, &["db:wipe"]);
        assert!(run(&url, &["db:show"]).ends_with("There are no tables.\n"));
        run(&server, &["query", &format!("drop database {name}")]);
    }
}
