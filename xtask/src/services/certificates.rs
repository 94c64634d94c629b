//! Certificates for the servers, and the authority that tests trust.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    instance::{Instance, services},
    make_folder,
    process::run_quietly,
    service::Service,
    write,
};
use crate::Result;

const SETTINGS: &str = "\
[req]
distinguished_name = name
prompt = no
[name]
CN = localhost
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost
";

/// A server's certificate and key, and the authority's certificate, where the server can read them.
pub(super) struct Certificates {
    pub(super) authority: PathBuf,
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
}

/// The certificate of the authority that signed the servers' own.
pub(super) fn authority() -> PathBuf {
    folder().join("ca.pem")
}

/// Copies the certificate for a service into its folder.
pub(super) fn server(instance: &Instance, service: &Service) -> Result<Certificates> {
    make()?;
    let home = instance.home(service)?;
    let copy = |name: &str| -> Result<PathBuf> {
        let to = home.join(name);
        let failed = |reason| format!("cannot copy {name} to {}: {reason}", to.display());
        fs::copy(folder().join(name), &to).map_err(failed)?;
        // A server refuses a key that others may read.
        fs::set_permissions(&to, fs::Permissions::from_mode(0o600)).map_err(failed)?;
        instance.hand_over(service, &to)?;
        Ok(to)
    };
    Ok(Certificates {
        authority: copy("ca.pem")?,
        certificate: copy("server.pem")?,
        key: copy("server.key")?,
    })
}

fn folder() -> PathBuf {
    services().join("tls")
}

/// Makes them all, once: in a folder beside, which is renamed.
fn make() -> Result {
    let folder = folder();
    if folder.exists() {
        return Ok(());
    }
    let new = folder.with_extension("new");
    let _ = fs::remove_dir_all(&new);
    make_folder(&new)?;
    write(&new.join("openssl.cnf"), SETTINGS)?;
    for name in ["ca", "other-ca"] {
        let subject = format!("/CN=Atlas tests: {name}");
        let (certificate, key) = (format!("{name}.pem"), format!("{name}.key"));
        openssl(&new, &["req", "-x509", "-days", "3650", "-extensions", "authority", "-subj", &subject])
            .and_then(|mut command| {
                run_quietly(command.args(["-out", &certificate, "-keyout", &key]).args(NEW_KEY), "")
            })?;
    }
    let mut request = openssl(&new, &["req", "-out", "server.csr", "-keyout", "server.key"])?;
    run_quietly(request.args(NEW_KEY), "")?;
    let mut sign =
        openssl(&new, &["x509", "-req", "-in", "server.csr", "-out", "server.pem", "-days", "3650"])?;
    sign.args(["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"]);
    run_quietly(sign.args(["-extfile", "openssl.cnf", "-extensions", "server"]), "")?;
    fs::rename(&new, &folder).map_err(|reason| format!("cannot rename {}: {reason}", new.display()))
}

const NEW_KEY: &[&str] =
    &["-config", "openssl.cnf", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];

fn openssl(folder: &Path, arguments: &[&str]) -> Result<Command> {
    let program = super::install::find("openssl").ok_or("there is no program `openssl`")?;
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder);
    Ok(command)
}
