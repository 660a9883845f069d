#include "sextant/base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

#include "sextant/base/json.h"

namespace sextant {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class Log : public ::testing::Test {
 protected:
  void TearDown() override {
    set_log({});
    set_bar_on_line(false);
  }

  template <class Body>
  static std::string printed(Body body) {
    ::testing::internal::CaptureStderr();
    body();
    return ::testing::internal::GetCapturedStderr();
  }
};

TEST_F(Log, TextNamesTheLevel) {
  set_log({.level = LogLevel::kDebug});
  EXPECT_EQ(printed([] { log(LogLevel::kWarning, "[x] {} of {}", 1, 2); }),
            "sextant: warning: [x] 1 of 2\n");
  EXPECT_EQ(printed([] { log(LogLevel::kDebug, "d"); }), "sextant: debug: d\n");
  set_log({.colour = true});
  EXPECT_EQ(printed([] { log(LogLevel::kError, "e"); }), "sextant: \x1b[31merror:\x1b[0m e\n");
}

TEST_F(Log, DropsLowerLevels) {
  EXPECT_EQ(printed([] { log(LogLevel::kInfo, "quiet"); }), "");
  EXPECT_FALSE(log_enabled(LogLevel::kInfo));
  EXPECT_TRUE(log_enabled(LogLevel::kWarning));
}

TEST_F(Log, JsonLinesParse) {
  set_log({.format = LogFormat::kJson});
  const std::string line = printed([] { log(LogLevel::kWarning, "say \"{}\"\n\xff", 5); });
  const auto json = parse_json(line, "line");
  ASSERT_TRUE(json) << line;
  EXPECT_EQ((*json)["level"], "warning");
  EXPECT_EQ((*json)["message"], "say \"5\"\n\xEF\xBF\xBD");  // what is not UTF-8 is replaced
  EXPECT_THAT((*json)["time"].get<std::string>(), MatchesRegex("20..-..-..T..:..:..[.]...Z"));
}

TEST_F(Log, ErrorsCarryCodeAndHint) {
  const Error error{.code = ErrorCode::kNotFound, .message = "[a] b", .hint = "do c"};
  EXPECT_EQ(printed([&] { log_error(error); }), "sextant: error: [a] b\nhint: do c\n");
  set_log({.format = LogFormat::kJson});
  const auto json = parse_json(printed([&] { log_error(error); }), "line");
  ASSERT_TRUE(json);
  EXPECT_EQ((*json)["code"], "not_found");
  EXPECT_EQ((*json)["hint"], "do c");
}

TEST_F(Log, ClearsABarFirst) {
  set_bar_on_line(true);
  EXPECT_EQ(printed([] { log(LogLevel::kError, "e"); }), "\r\x1b[Ksextant: error: e\n");
}

TEST_F(Log, LinesOfSeveralThreadsStayWhole) {
  const std::string text = printed([] {
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([] {
        for (int i = 0; i < 100; ++i) {
          log(LogLevel::kError, "0123456789");
        }
      });
    }
    for (std::thread& thread : threads) {
      thread.join();
    }
  });
  EXPECT_EQ(text.size(), 400 * std::string("sextant: error: 0123456789\n").size());
  EXPECT_THAT(text, Not(HasSubstr("\n0")));
}

}  // namespace
}  // namespace sextant
