//! The command `atlas`, as it is installed. What needs the code of a program, its migrations, seeders and models, it
//! hands on to the program's own command, which `atlas.toml` names.

use std::process::ExitCode;

fn main() -> ExitCode {
    atlas_cli::run_installed()
}
