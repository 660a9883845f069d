#include "sextant/base/error.h"

#include <gtest/gtest.h>

namespace sextant {
namespace {

Result<int> half_of(int value) {
  if (value % 2 != 0) {
    return fail(ErrorCode::kInvalidArgument, "[test] half: expected an even number, found {}",
                value);
  }
  return value / 2;
}

Result<int> quarter_of(int value) {
  SEXTANT_TRY(const int half, half_of(value));
  return half_of(half);
}

TEST(Error, TryPassesValuesAndErrorsOn) {
  EXPECT_EQ(quarter_of(8).value(), 2);
  EXPECT_EQ(quarter_of(6).error().message, "[test] half: expected an even number, found 3");
}

TEST(Error, ContextIsAppendedInOrder) {
  Error error{.code = ErrorCode::kDataLoss, .message = "[x] broken"};
  error = with_context(with_context(error, "inner").value(), "outer").value();
  EXPECT_EQ(error.describe(), "[x] broken (inner; outer)");
}

TEST(Error, ExitStatusFollowsTheTable) {
  EXPECT_EQ(exit_status(ErrorCode::kInvalidArgument), 2);
  EXPECT_EQ(exit_status(ErrorCode::kDataLoss), 3);
  EXPECT_EQ(exit_status(ErrorCode::kNotFound), 4);
  EXPECT_EQ(exit_status(ErrorCode::kResourceExhausted), 5);
  EXPECT_EQ(exit_status(ErrorCode::kCancelled), 130);
}

TEST(Error, CheckThrowsWithPlaceAndMessage) {
  try {
    SEXTANT_CHECK(1 == 2, "n is {}", 3);
    FAIL() << "no exception";
  } catch (const SextantError& e) {
    EXPECT_EQ(e.error().code, ErrorCode::kInternal);
    EXPECT_NE(std::string(e.what()).find("1 == 2 must hold at"), std::string::npos);
    EXPECT_NE(std::string(e.what()).find(": n is 3"), std::string::npos);
  }
}

TEST(Format, PrintableTextHasNoControlCharactersAndALimit) {
  EXPECT_EQ(printable("a.weight"), "a.weight");
  EXPECT_EQ(printable("\x1b[31m\n\x7f"), "\\x1b[31m\\x0a\\x7f");
  EXPECT_EQ(printable("a\xc2\x9bz"), "a\\xc2\\x9bz");
  EXPECT_EQ(printable("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"),
            "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
  EXPECT_EQ(printable("\xc3\xa9\xc3\xa9\xc3\xa9", 3), "\xc3\xa9\xc3\xa9...");
  EXPECT_EQ(printable(std::string(100, 'a'), 8), "aaaaaaaa...");
  // Cut, overlong, surrogate, beyond the last character, stray.
  for (const std::string text :
       {"\xe2\x82", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff"}) {
    EXPECT_EQ(printable(text).size(), 4 * text.size()) << printable(text);
  }
}

}  // namespace
}  // namespace sextant
