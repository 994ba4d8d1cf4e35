//! Words in; subword pieces out, by a byte-pair encoding from the `tokenizers` crate.

use std::sync::OnceLock;

use tokenizers::{
    AddedToken, Model as _, TokenizerBuilder, TokenizerImpl, Trainer as _,
    models::bpe::{BPE, BpeTrainer},
};

use crate::error::{Error, Result};

/// A byte-pair encoding, read when first used: most words are known to the labeller already.
#[derive(Debug, Default)]
pub struct Pieces {
    json: Vec<u8>,
    model: OnceLock<Option<BPE>>,
}

/// What is used of `tokenizer.json`: the reader of whole files panics where a decoder or normalizer is no JSON.
#[derive(serde::Deserialize)]
struct Stored {
    model: BPE,
}

impl Clone for Pieces {
    fn clone(&self) -> Self {
        Self::from_json(self.json.clone())
    }
}

impl Pieces {
    /// An encoding from the bytes of its `tokenizer.json`; it is read at first use. Empty bytes give no pieces.
    pub fn from_json(json: impl Into<Vec<u8>>) -> Self {
        Self { json: json.into(), model: OnceLock::new() }
    }

    /// The bytes of `tokenizer.json`.
    pub fn json(&self) -> &[u8] {
        &self.json
    }

    /// Reads the encoding now, to find damage.
    ///
    /// # Errors
    /// [`Error::Data`] if it is no byte-pair encoding.
    pub fn check(&self) -> Result<()> {
        match self.json.is_empty() || self.model().is_some() {
            true => Ok(()),
            false => Err(Error::Data("tokenizer.json holds no byte-pair encoding".into())),
        }
    }

    fn model(&self) -> Option<&BPE> {
        let read = || serde_json::from_slice::<Stored>(&self.json).ok().map(|stored| stored.model);
        self.model.get_or_init(read).as_ref()
    }

    /// Calls `sink` with each piece of `word`, in order.
    pub(crate) fn split(&self, word: &str, sink: &mut dyn FnMut(&str)) {
        if self.json.is_empty() {
            return;
        }
        if let Some(tokens) = self.model().and_then(|bpe| bpe.tokenize(word).ok()) {
            tokens.iter().for_each(|token| sink(&token.value));
        }
    }

    /// Learns an encoding of at most `size` pieces from words and their counts.
    ///
    /// # Errors
    /// [`Error::Data`] if the words give none.
    pub fn learn(words: impl Iterator<Item = (String, u64)>, size: usize) -> Result<Self> {
        let failed = |error: tokenizers::Error| Error::Data(format!("subword pieces: {error}"));
        let trainer = BpeTrainer::builder()
            .show_progress(false)
            .vocab_size(size)
            .min_frequency(3)
            .special_tokens(vec![AddedToken::from("[UNK]", true)])
            .build();
        let mut bpe = BPE::builder().unk_token("[UNK]".into()).build().map_err(failed)?;
        let mut trainer = trainer;
        let words: Vec<(String, u64)> = words.collect();
        let mut lines = Vec::new();
        for (word, count) in &words {
            lines.extend(std::iter::repeat_n(word.as_str(), (*count).min(MAX_COUNT) as usize));
        }
        trainer.feed(lines.into_iter(), |word| Ok(vec![word.to_string()])).map_err(failed)?;
        trainer.train(&mut bpe).map_err(failed)?;
        let tokenizer: TokenizerImpl<
            BPE,
            tokenizers::NormalizerWrapper,
            tokenizers::PreTokenizerWrapper,
            tokenizers::PostProcessorWrapper,
            tokenizers::DecoderWrapper,
        > = TokenizerBuilder::new()
            .with_model(bpe)
            .with_normalizer(None::<tokenizers::NormalizerWrapper>)
            .with_pre_tokenizer(None::<tokenizers::PreTokenizerWrapper>)
            .with_post_processor(None::<tokenizers::PostProcessorWrapper>)
            .with_decoder(None::<tokenizers::DecoderWrapper>)
            .build()
            .map_err(failed)?;
        Ok(Self::from_json(tokenizer.to_string(false).map_err(failed)?))
    }
}

/// A word that is more frequent counts as so many: merges do not hinge on "the".
const MAX_COUNT: u64 = 1000;
