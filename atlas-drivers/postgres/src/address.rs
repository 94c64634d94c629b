//! Network and hardware addresses, as texts and in the server's binary forms.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const V4: u8 = 2;
const V6: u8 = 3;

/// Reads an address of `inet`, or of `cidr`, which always says how long its network is.
pub(crate) fn inet(bytes: &[u8], network: bool) -> Option<String> {
    let (family, bits) = (*bytes.first()?, *bytes.get(1)?);
    let own = bytes.get(4..)?;
    let (address, full) = match family {
        V4 => (IpAddr::from(<[u8; 4]>::try_from(own).ok()?), 32),
        V6 => (IpAddr::from(<[u8; 16]>::try_from(own).ok()?), 128),
        _ => return None,
    };
    Some(if network || bits != full { format!("{address}/{bits}") } else { address.to_string() })
}

/// Writes an address. `false` where the text is none.
pub(crate) fn write_inet(text: &str, network: bool, out: &mut Vec<u8>) -> bool {
    let (address, bits) = match text.trim().split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (text.trim(), None),
    };
    let Ok(address) = address.parse::<IpAddr>() else { return false };
    let full = if address.is_ipv4() { 32 } else { 128 };
    let bits = match bits.map(str::parse::<u8>) {
        None => full,
        Some(Ok(bits)) if bits <= full => bits,
        Some(_) => return false,
    };
    let header = |family, length| [family, bits, u8::from(network), length];
    match address {
        IpAddr::V4(address) => {
            out.extend(header(V4, 4));
            out.extend(Ipv4Addr::octets(&address));
        }
        IpAddr::V6(address) => {
            out.extend(header(V6, 16));
            out.extend(Ipv6Addr::octets(&address));
        }
    }
    true
}

/// Reads a hardware address.
pub(crate) fn mac(bytes: &[u8]) -> Option<String> {
    let parts: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    matches!(parts.len(), 6 | 8).then(|| parts.join(":"))
}

/// Writes a hardware address. `false` where the text is none.
pub(crate) fn write_mac(text: &str, out: &mut Vec<u8>) -> bool {
    let parts: Option<Vec<u8>> = text
        .trim()
        .split([':', '-'])
        .map(|part| u8::from_str_radix(part, 16).ok().filter(|_| part.len() == 2))
        .collect();
    match parts {
        Some(parts) if matches!(parts.len(), 6 | 8) => {
            out.extend(parts);
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_go_there_and_back() {
        for (text, network) in [
            ("10.0.0.1", false),
            ("10.0.0.0/8", true),
            ("::1", false),
            ("fe80::/10", true),
            ("1.2.3.4/24", false),
        ] {
            let mut bytes = Vec::new();
            assert!(write_inet(text, network, &mut bytes));
            assert_eq!(inet(&bytes, network).as_deref(), Some(text));
        }
        for text in ["10.0.0.1/33", "10.0.0", "x", "::1/x"] {
            assert!(!write_inet(text, false, &mut Vec::new()), "{text}");
        }
        let mut bytes = Vec::new();
        assert!(write_mac("08:00:2b:01:02:03", &mut bytes));
        assert_eq!(mac(&bytes).as_deref(), Some("08:00:2b:01:02:03"));
        assert!(!write_mac("08:00:2b:01:02", &mut Vec::new()));
    }
}
