//! Sizes for people, as Virtualmin writes them.

const UNITS: [&str; 6] = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"];

/// The size in binary units, after one space, with at most two decimals, cut and not rounded: `1.43 GiB`.
pub(super) fn pretty(bytes: u64) -> String {
    let mut unit = 0;
    let mut scale = 1_u128;
    while unit + 1 < UNITS.len() && u128::from(bytes) >= scale * 1024 {
        unit += 1;
        scale *= 1024;
    }
    let hundredths = u128::from(bytes) * 100 / scale;
    let (whole, fraction) = (hundredths / 100, hundredths % 100);
    let number = match (fraction, fraction % 10) {
        (0, _) => whole.to_string(),
        (_, 0) => format!("{whole}.{}", fraction / 10),
        _ => format!("{whole}.{fraction:02}"),
    };
    format!("{number} {}", UNITS[unit])
}

/// [`pretty`] of a number of 1 KiB blocks; 0 is `Unlimited`.
pub(super) fn pretty_blocks(blocks: u64) -> String {
    if blocks == 0 { "Unlimited".into() } else { pretty(blocks.saturating_mul(1024)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_sizes_as_the_recorded_server_did() {
        assert_eq!(pretty_blocks(2_097_152), "2 GiB");
        assert_eq!(pretty_blocks(1_500_000), "1.43 GiB");
        assert_eq!(pretty_blocks(900_000), "878.9 MiB");
        assert_eq!(pretty_blocks(108), "108 KiB");
        assert_eq!(pretty(5_000_000_000), "4.65 GiB");
        assert_eq!(pretty(12), "12 bytes");
        assert_eq!(pretty_blocks(0), "Unlimited");
    }
}
