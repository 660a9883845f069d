#include "sextant/io/pickle_flatten.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sextant/io/pickle_vm.h"
#include "support/peak_memory.h"
#include "support/pickle_text.h"
#include "support/zip_builder.h"

namespace sextant::io {
namespace {

using test_data::le32;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using namespace test_data::pickled;  // NOLINT(google-build-using-namespace): reads as pickle does

Result<PickleContents> flatten(const std::string& pickle, uint64_t memory = 1 << 20) {
  const auto document = run_pickle(pickle, "t.pkl", {.memory = uint64_t{32} << 20});
  EXPECT_TRUE(document) << document.error().describe();
  return flatten_pickle(*document, "t.pt", memory);
}

std::vector<std::string> names(const PickleContents& contents) {
  std::vector<std::string> out;
  for (const auto& entry : contents.tensors) {
    out.push_back(entry.name);
  }
  return out;
}

const std::string kTensor = tensor(storage("0", 1), {});

TEST(PickleFlatten, JoinsNamesWithDots) {
  const auto contents = flatten(whole(
      dictionary({text("a"), dictionary({text("b.c"), kTensor, "K\7", kTensor, "\x88", kTensor}),
                  text("l"), "](" + kTensor + tuple({kTensor, "N"}) + "e", text("n"), "N"})));
  ASSERT_TRUE(contents) << contents.error().describe();
  EXPECT_THAT(names(*contents), ElementsAre("a.b.c", "a.7", "a.True", "l.0", "l.1.0"));
  EXPECT_THAT(contents->metadata, ElementsAre(Pair("l.1.1", "None"), Pair("n", "None")));
}

TEST(PickleFlatten, NamesWhatHasNoName) {
  EXPECT_THAT(names(*flatten(whole(kTensor))), ElementsAre("tensor"));
  EXPECT_THAT(names(*flatten(whole("]" + kTensor + "a"))), ElementsAre("0"));
  EXPECT_THAT(flatten(whole("K\5"))->metadata, ElementsAre(Pair("value", "5")));
  EXPECT_THAT(flatten(whole("}"))->metadata, IsEmpty());
}

TEST(PickleFlatten, KeepsOneTensorUnderTwoNames) {
  const auto contents = flatten(whole(dictionary({text("a"), kTensor + "q\1", text("b"), "h\1"})));
  ASSERT_TRUE(contents);
  ASSERT_EQ(contents->tensors.size(), 2U);
  EXPECT_EQ(contents->tensors[0].tensor, contents->tensors[1].tensor);
}

TEST(PickleFlatten, RefusesNamesThatAreTakenOrBad) {
  const struct {
    std::string pickle;
    const char* message;
  } cases[] = {
      {dictionary({text("a.b"), kTensor, text("a"), dictionary({text("b"), kTensor})}),
       "[io/pickle] t.pt: expected each tensor name once, found \"a.b\" twice"},
      {dictionary({text("a"), kTensor, text("a"), kTensor}), "found \"a\" twice"},
      {dictionary({text("a\n"), kTensor}),
       "expected tensor names of 1 to 1024 printable bytes, "
       "found \"a\\x0a\""},
      {dictionary({text(std::string(2000, 'a')), kTensor}), "of 1 to 1024 printable bytes"},
  };
  for (const auto& test : cases) {
    const auto contents = flatten(whole(test.pickle));
    ASSERT_FALSE(contents) << test.message;
    EXPECT_EQ(contents.error().code, ErrorCode::kDataLoss);
    EXPECT_THAT(contents.error().message, HasSubstr(test.message));
  }
}

TEST(PickleFlatten, ShortensWhatIsLong) {
  const auto contents = flatten(whole(
      dictionary({text("t"), text(std::string(255, 'a') + "\u00df" + "rest"), text("b"), "C\3abc",
                  text("l"), "](" + std::string(2000, 'N') + "e", text("v\n"), "K\1"})));
  ASSERT_TRUE(contents) << contents.error().describe();
  const auto& metadata = contents->metadata;
  EXPECT_EQ(metadata.at("t"), std::string(255, 'a') + "...");
  EXPECT_EQ(metadata.at("b"), "(3 bytes)");
  EXPECT_THAT(metadata.at("l"), HasSubstr("None, ...] (2000 elements)"));
  EXPECT_LT(metadata.at("l").size(), 300U);
  EXPECT_EQ(metadata.at("..."), "1 more values");  // the name that cannot be printed
}

TEST(PickleFlatten, ListsAtMost4096Values) {
  std::string items;
  for (int i = 0; i < 5000; ++i) {
    items += text(std::to_string(i)) + "N";
  }
  const auto contents = flatten(whole("}(" + items + "u"));
  ASSERT_TRUE(contents);
  EXPECT_EQ(contents->metadata.size(), 4097U);
  EXPECT_EQ(contents->metadata.at("..."), "904 more values");
}

// A list in a list ..., `depth` of them around a tensor.
std::string nested(size_t depth) {
  std::string out = std::string(depth, ']') + kTensor + std::string(depth, 'a');
  return whole(out);
}

TEST(PickleFlatten, RefusesDepthAndCycles) {
  EXPECT_TRUE(flatten(nested(64)));
  for (const std::string& pickle :
       {nested(65), nested(20000), whole("]q\1h\1a"), whole("}q\1" + text("self") + "h\1s"),
        whole(global("argparse", "Namespace") + ")\x81q\1" + dictionary({text("x"), "h\1"}) +
              "b")}) {
    const auto contents = flatten(pickle);
    ASSERT_FALSE(contents);
    EXPECT_EQ(contents.error().code, ErrorCode::kOutOfRange);
    EXPECT_THAT(contents.error().message,
                HasSubstr("t.pt: expected at most 64 containers in each other at \""));
  }
}

// Thirty lists of two times the next: 200 bytes that describe 2^30 tensors.
TEST(PickleFlatten, RefusesTreesThatRepeatThemselves) {
  for (const std::string& leaf : {kTensor, std::string("N")}) {
    std::string pickle = dictionary({text("x"), leaf});
    for (int i = 0; i < 30; ++i) {
      pickle +=
          "q\1"
          "0](h\1h\1e";
    }
    const auto peak = test_data::peak_memory([&] {
      const auto contents = flatten(whole(pickle));
      ASSERT_FALSE(contents);
      EXPECT_EQ(contents.error().code, ErrorCode::kOutOfRange);
    });
    if (peak) {
      EXPECT_LE(*peak, size_t{48} << 20);
    }
  }
}

// A long key that every element shares must not be copied a million times.
TEST(PickleFlatten, CutsLongKeys) {
  const std::string key = text(std::string(1 << 20, 'k')) + "q\1" + "0";
  std::string items;
  for (int i = 0; i < 20000; ++i) {
    items += "h\1N";
  }
  const auto contents = flatten(whole(key + "}(" + items + "u"));
  ASSERT_TRUE(contents);
  EXPECT_THAT(contents->metadata, ElementsAre(Pair("...", "20000 more values")));
}

TEST(PickleFlatten, StaysWithinItsMemory) {
  std::string items;
  for (int i = 0; i < 1000; ++i) {
    items += text(std::to_string(i)) + (i == 0 ? kTensor + "q\1" : "h\1");
  }
  EXPECT_TRUE(flatten(whole("}(" + items + "u")));
  const auto contents = flatten(whole("}(" + items + "u"), 100'000);
  ASSERT_FALSE(contents);
  EXPECT_EQ(contents.error().code, ErrorCode::kOutOfRange);
  EXPECT_THAT(contents.error().message, HasSubstr("expected fewer tensors at \"16"));
}

}  // namespace
}  // namespace sextant::io
