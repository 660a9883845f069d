#include "sextant/cli/text_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temp_folder.h"

namespace sextant::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string message(const Result<std::vector<std::string>>& texts) {
  return texts ? "" : texts.error().message;
}

TEST(TextLines, AreReadInOrder) {
  const test_data::TempFolder folder;
  const auto path = folder.write(
      "in.jsonl", "{\"text\": \"one\"}\n\n{\"text\": \"\", \"id\": 5}\n{\"text\": \"\\u00e9\"}");
  const auto texts = read_text_lines(path.string(), "embed");
  ASSERT_TRUE(texts) << texts.error().describe();
  EXPECT_THAT(*texts, ElementsAre("one", "", "\xc3\xa9"));
}

TEST(TextLines, TellWhichLineIsWrong) {
  const test_data::TempFolder folder;
  const auto path = folder.write("in.jsonl", "{\"text\": \"one\"}\n{\"txt\": \"b\"}\n");
  EXPECT_EQ(message(read_text_lines(path.string(), "embed")),
            "[cli/embed] " + path.string() +
                " line 2: expected an object with \"text\", found {\"txt\":\"b\"}");
  folder.write("in.jsonl", "{\"text\": \"one\"}\nnot JSON\n");
  EXPECT_THAT(message(read_text_lines(path.string(), "embed")), HasSubstr("line 2: not JSON"));
  folder.write("in.jsonl", "\n\n");
  EXPECT_THAT(message(read_text_lines(path.string(), "embed")),
              HasSubstr("expected lines with \"text\", found none"));
}

TEST(TextLines, AreOfAFile) {
  const test_data::TempFolder folder;
  const auto of_folder = read_text_lines(folder.path().string(), "embed");
  EXPECT_THAT(message(of_folder), HasSubstr("expected a file, found a folder"));
  const auto of_none = read_text_lines((folder / "none").string(), "embed");
  EXPECT_EQ(of_none.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(message(of_none), HasSubstr("expected a readable file, found none"));
}

TEST(TextLines, StopAtTheFirstErrorOfTheCaller) {
  const test_data::TempFolder folder;
  const auto path = folder.write("in.jsonl", "1\n2\n3\n");
  std::vector<int> seen;
  const auto done = for_each_json_line(
      path.string(), "embed", [&](const Json& line, const std::string& where) -> Result<void> {
        seen.push_back(line.get<int>());
        return seen.size() < 2 ? Result<void>() : fail(ErrorCode::kDataLoss, "stop at {}", where);
      });
  EXPECT_THAT(seen, ElementsAre(1, 2));
  EXPECT_EQ(done.error().message, "stop at " + path.string() + " line 2");
}

}  // namespace
}  // namespace sextant::cli
