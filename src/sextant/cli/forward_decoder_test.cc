#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sextant/cli/forward.h"
#include "support/temp_folder.h"

namespace sextant::cli {
namespace {

using ::testing::ElementsAre;

TEST(ForwardDecoder, TellsWhatItTakesAndGives) {
  const auto family = make_forward_decoder();
  EXPECT_THAT(family->names(), ElementsAre("llama", "mistral", "qwen2", "gpt2", "opt"));
  EXPECT_EQ(family->inputs(), "input_ids I64 [B,T]");
  EXPECT_EQ(family->outputs(), "logits F32 [B,T,V]");
  ASSERT_EQ(family->settings().size(), 1U);
  EXPECT_EQ(family->settings()[0].key, "precision");
  EXPECT_EQ(family->settings()[0].values, "f32|int16|int8");
}

TEST(ForwardDecoder, RecognisesFoldersByTheirConfiguration) {
  const auto family = make_forward_decoder();
  const test_data::TempFolder folder;
  EXPECT_EQ(family->recognise(folder.path()), std::nullopt);
  EXPECT_EQ(family->recognise(folder / "none.gguf"), std::nullopt);
  EXPECT_EQ(family->recognise(folder.write("text.gguf", "no GGUF")), std::nullopt);
  folder.write("config.json", R"({"model_type": "gpt5"})");
  EXPECT_EQ(family->recognise(folder.path()), std::nullopt);
  folder.write("config.json",
               R"({"model_type": "qwen2", "vocab_size": 8, "hidden_size": 8, "num_hidden_layers": 1,
                   "num_attention_heads": 1, "num_key_value_heads": 1, "intermediate_size": 8,
                   "rms_norm_eps": 1e-6, "max_position_embeddings": 16})");
  EXPECT_EQ(family->recognise(folder.path()), "qwen2");
}

}  // namespace
}  // namespace sextant::cli
