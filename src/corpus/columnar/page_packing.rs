//! Pages whose packing tells nothing of their length: some decoders go on until memory ends.

use std::io::{self, BufRead, BufReader, Read};

use parquet::basic::Compression;

use super::guard::guarded;

/// The first seven bits of a Brotli stream that asks for a window of up to 1 GiB, which its standard (RFC 7932) does not know.
const LARGE_WINDOW: u8 = 0x11;

/// Checks that `content` unpacks to no more than `claim` bytes. What is wrong with it otherwise is left to its reader.
///
/// # Errors
/// In words, where it unpacks to more.
pub(super) fn check(content: impl Read, compression: Compression, claim: u64) -> Result<(), String> {
    let mut content = BufReader::new(content);
    let length = guarded(|| {
        let unpacked: Box<dyn Read + '_> = match compression {
            Compression::GZIP(_) => Box::new(flate2::read::MultiGzDecoder::new(content)),
            Compression::LZ4 => Box::new(lz4_flex::frame::FrameDecoder::new(content)),
            Compression::BROTLI(_) => {
                if content.fill_buf().map_err(|e| e.to_string())?.first().is_some_and(|first| first & 0x7f == LARGE_WINDOW) {
                    return Err("a page asks for a window of more than 16 MB".into());
                }
                Box::new(brotli::Decompressor::new(content, 1 << 12))
            }
            // These write no more than they are told.
            _ => return Ok(0),
        };
        Ok(io::copy(&mut unpacked.take(claim.saturating_add(1)), &mut io::sink()).unwrap_or(0))
    })?;
    if length > claim { Err(format!("a page unpacks to more than the {claim} bytes that it claims")) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use parquet::basic::{BrotliLevel, GzipLevel};

    use super::*;

    #[test]
    fn no_page_unpacks_to_more_than_it_claims() {
        let zeros = vec![0; 5 << 20];
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&zeros).unwrap();
        let mut lz4 = lz4_flex::frame::FrameEncoder::new(Vec::new());
        lz4.write_all(&zeros).unwrap();
        let mut brotli = brotli::CompressorWriter::new(Vec::new(), 4096, 1, 22);
        brotli.write_all(&zeros).unwrap();
        for (compression, packed) in [
            (Compression::GZIP(GzipLevel::default()), gzip.finish().unwrap()),
            (Compression::LZ4, lz4.finish().unwrap()),
            (Compression::BROTLI(BrotliLevel::default()), brotli.into_inner()),
        ] {
            assert_eq!(check(packed.as_slice(), compression, 5 << 20), Ok(()), "{compression}");
            let more = check(packed.as_slice(), compression, (5 << 20) - 1);
            assert_eq!(more, Err("a page unpacks to more than the 5242879 bytes that it claims".into()), "{compression}");
            assert_eq!(check(&packed[..packed.len() / 2], compression, 5 << 20), Ok(()), "cut short: {compression}");
        }
        let large = [0x11, 30, 0, 0];
        let refused = check(large.as_slice(), Compression::BROTLI(BrotliLevel::default()), 5 << 20);
        assert_eq!(refused, Err("a page asks for a window of more than 16 MB".into()));
    }
}
