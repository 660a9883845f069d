#include "sextant/lm/stop_strings.h"

#include <gtest/gtest.h>

namespace sextant::lm {
namespace {

TEST(StopStrings, CutsAtTheEarliestStop) {
  StopStrings stops({"END", "\n\n"});
  EXPECT_EQ(stops.push("one\n\ntwo END"), "one");
  EXPECT_TRUE(stops.stopped());
  EXPECT_EQ(stops.push("more"), "");
  EXPECT_EQ(stops.finish(), "");
}

TEST(StopStrings, HoldsBackWhatMayBecomeAStop) {
  StopStrings stops({"<|end|>"});
  EXPECT_EQ(stops.push("text <"), "text ");
  EXPECT_EQ(stops.push("|en"), "");
  EXPECT_EQ(stops.push("ough <|"), "<|enough ");
  EXPECT_EQ(stops.push("end|>tail"), "");
  EXPECT_TRUE(stops.stopped());
}

TEST(StopStrings, FinishGivesWhatWasHeldBack) {
  StopStrings stops({"###"});
  EXPECT_EQ(stops.push("a##"), "a");
  EXPECT_EQ(stops.finish(), "##");
  EXPECT_FALSE(stops.stopped());
}

TEST(StopStrings, EmptyStopsNeverStop) {
  StopStrings stops({"", ""});
  EXPECT_EQ(stops.push("all of it"), "all of it");
  EXPECT_FALSE(stops.stopped());
}

TEST(StopStrings, FindsAStopInEveryCutOfTheText) {
  const std::string text = "aabaabaaab tail";
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    StopStrings stops({"aaab"});
    std::string shown = stops.push(text.substr(0, cut));
    shown += stops.push(text.substr(cut));
    EXPECT_EQ(shown, "aabaab") << "cut at " << cut;
    EXPECT_TRUE(stops.stopped());
  }
}

}  // namespace
}  // namespace sextant::lm
