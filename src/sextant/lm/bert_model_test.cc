#include "sextant/lm/bert_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sextant/base/cancel.h"
#include "support/temp_folder.h"
#include "support/test_data.h"

namespace sextant::lm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::filesystem::path kTiny = test_data::repository("tests/parity/lm/bert");

// A copy of the tiny model, for changing.
struct Copy {
  Copy() {
    for (const char* name : {"config.json", "tokenizer.json", "model.safetensors"}) {
      folder.write(name, test_data::read(kTiny / name));
    }
  }
  Result<BertModel> load() {
    ThreadPool pool(1);
    return load_bert_model(folder.path(), {.pool = pool});
  }
  std::string message() {
    const auto model = load();
    return model ? "" : model.error().describe();
  }
  test_data::TempFolder folder;
};

// The entries of a tokenizer.json in the order of their ids, one a line.
std::string vocabulary_of(const Json& json) {
  std::vector<std::string> entries(json["model"]["vocab"].size());
  for (const auto& [piece, id] : json["model"]["vocab"].items()) {
    entries[id.get<size_t>()] = piece;
  }
  std::string text;
  for (const std::string& entry : entries) {
    text += entry + "\n";
  }
  return text;
}

TEST(BertModel, PutsMarksAroundATextAndCutsIt) {
  Copy copy;
  const auto model = copy.load();
  ASSERT_TRUE(model) << model.error().describe();
  EXPECT_EQ(model->name, copy.folder.path().filename());
  EXPECT_EQ(model->max_tokens, 24);
  EXPECT_THAT(model->tokens_of(""), ElementsAre(2, 3));
  const auto ids = model->tokens_of("the cat " + std::string(100, '!'));
  EXPECT_EQ(ids.size(), 24U);
  EXPECT_EQ(ids.front(), 2);
  EXPECT_EQ(ids.back(), 3);
}

TEST(BertModel, TakesTheSmallestOfTheLimits) {
  Copy copy;
  copy.folder.write("tokenizer_config.json", R"({"model_max_length": 16})");
  EXPECT_EQ(copy.load()->max_tokens, 16);
  copy.folder.write("sentence_bert_config.json", R"({"max_seq_length": 7})");
  EXPECT_EQ(copy.load()->max_tokens, 7);
  copy.folder.write("sentence_bert_config.json", R"({"max_seq_length": 512})");
  copy.folder.write("tokenizer_config.json",
                    R"({"model_max_length": 1000000000000000019884624838656})");
  EXPECT_EQ(copy.load()->max_tokens, 24);
}

TEST(BertModel, ReadsVocabTxtWhereThereIsNoTokenizerJson) {
  Copy copy;
  const auto with_json = copy.load();
  const Json json = Json::parse(test_data::read(kTiny / "tokenizer.json"));
  std::filesystem::remove(copy.folder / "tokenizer.json");
  EXPECT_THAT(copy.message(), HasSubstr("expected tokenizer.json or vocab.txt in "));
  const std::string vocabulary = vocabulary_of(json);
  copy.folder.write("vocab.txt", vocabulary);
  const auto lower = copy.load();
  ASSERT_TRUE(lower) << lower.error().describe();
  for (const char* text :
       {"The CAT sat,\ton it.", "unlikely [MASK] d\xc3\xa9j\xc3\xa0", "\xe4\xbd\xa0", ""}) {
    EXPECT_EQ(lower->tokens_of(text), with_json->tokens_of(text)) << text;
  }
  // Lines may end as on Windows; a cased model has no capital letters here.
  std::string windows;
  for (const char c : vocabulary) {
    windows += c == '\n' ? "\r\n" : std::string(1, c);
  }
  copy.folder.write("vocab.txt", windows);
  copy.folder.write("tokenizer_config.json", R"({"do_lower_case": false})");
  const auto cased = copy.load();
  ASSERT_TRUE(cased) << cased.error().describe();
  EXPECT_THAT(cased->tokens_of("CAT"), ElementsAre(2, 1, 3));
  EXPECT_EQ(cased->tokens_of("cat"), with_json->tokens_of("cat"));
}

TEST(BertModel, RefusesAVocabTxtThatIsNone) {
  Copy copy;
  std::filesystem::remove(copy.folder / "tokenizer.json");
  for (const char* bytes : {"", "\n", "a\na\n", "\xff\xfe"}) {
    copy.folder.write("vocab.txt", bytes);
    EXPECT_NE(copy.message(), "") << bytes;
  }
}

TEST(BertModel, RefusesPartsThatDoNotFit) {
  Copy copy;
  Json config = Json::parse(test_data::read(kTiny / "config.json"));
  config["vocab_size"] = 80;
  copy.folder.write("config.json", config.dump());
  EXPECT_THAT(copy.message(), HasSubstr("expected at most 80 entries as in config.json, found 84"));
  copy.folder.write("config.json", test_data::read(kTiny / "config.json"));
  Json tokenizer = Json::parse(test_data::read(kTiny / "tokenizer.json"));
  tokenizer["post_processor"] = nullptr;
  copy.folder.write("tokenizer.json", tokenizer.dump());
  EXPECT_THAT(copy.message(), HasSubstr("expected [CLS] and [SEP] around a text, found 0 tokens"));
  copy.folder.write("tokenizer_config.json", "[]");
  EXPECT_THAT(copy.message(), HasSubstr("tokenizer_config.json: expected an object, found array"));
}

TEST(BertModel, TellsWhichFileIsWrong) {
  const test_data::TempFolder folder;
  EXPECT_THAT(read_bert_config(folder.path()).error().message,
              HasSubstr("expected a folder with config.json, found none"));
  folder.write("config.json", R"({"model_type": "gpt2"})");
  EXPECT_THAT(read_bert_config(folder.path()).error().describe(),
              HasSubstr("found \"gpt2\" (config.json) (in " + folder.path().string()));
  ThreadPool pool(1);
  EXPECT_FALSE(load_bert(folder.path(), {.pool = pool}));
}

TEST(BertModel, HandsBatchesOverInOrder) {
  Copy copy;
  ThreadPool pool(1);
  const auto model = copy.load();
  std::vector<std::string> texts(100, "the cat sat on it and the dog was good .");  // 1300 tokens
  texts[7] = "";
  size_t seen = 0;
  size_t batches = 0;
  const auto done = run_texts(*model, texts, {.pool = pool}, [&](const BertBatch& batch) {
    EXPECT_EQ(batch.first, seen);
    size_t tokens = 0;
    for (const int64_t length : batch.lengths) {
      EXPECT_EQ(length, seen == 7 ? 2 : 13);
      tokens += static_cast<size_t>(length);
      ++seen;
    }
    EXPECT_EQ(batch.hidden.size(), tokens * 32);
    ++batches;
  });
  ASSERT_TRUE(done);
  EXPECT_EQ(seen, texts.size());
  EXPECT_GT(batches, 1U);
  EXPECT_TRUE(run_texts(*model, {}, {.pool = pool}, [](const BertBatch&) { FAIL(); }));
}

TEST(BertModel, StopsWhenTold) {
  Copy copy;
  ThreadPool pool(1);
  CancelToken cancel;
  cancel.cancel();
  const auto model = copy.load();
  const std::vector<std::string> texts = {"the cat"};
  const auto done =
      run_texts(*model, texts, {.pool = pool, .cancel = &cancel}, [](const BertBatch&) { FAIL(); });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace sextant::lm
