#include "sextant/train/byte_tokenizer.h"

#include "sextant/base/json.h"
#include "sextant/text/byte_alphabet.h"

namespace sextant::train {

std::string byte_tokenizer_json() {
  OrderedJson vocabulary = OrderedJson::object();
  for (int64_t byte = 0; byte < kByteVocabulary; ++byte) {
    vocabulary[text::letters_of_bytes(std::string(1, static_cast<char>(byte)))] = byte;
  }
  const OrderedJson byte_level = {{"type", "ByteLevel"},
                                  {"add_prefix_space", false},
                                  {"trim_offsets", false},
                                  {"use_regex", false}};
  const OrderedJson model = {{"type", "BPE"},
                             {"dropout", nullptr},
                             {"unk_token", nullptr},
                             {"continuing_subword_prefix", nullptr},
                             {"end_of_word_suffix", nullptr},
                             {"fuse_unk", false},
                             {"byte_fallback", false},
                             {"vocab", std::move(vocabulary)},
                             {"merges", OrderedJson::array()}};
  const OrderedJson document = {{"version", "1.0"},
                                {"truncation", nullptr},
                                {"padding", nullptr},
                                {"added_tokens", OrderedJson::array()},
                                {"normalizer", nullptr},
                                {"pre_tokenizer", byte_level},
                                {"post_processor", nullptr},
                                {"decoder", byte_level},
                                {"model", model}};
  return document.dump(2) + "\n";
}

}  // namespace sextant::train
