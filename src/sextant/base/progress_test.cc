#include "sextant/base/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <vector>

#include "sextant/base/log.h"

namespace sextant {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using Style = ProgressOptions::Style;

struct Screen {
  std::vector<std::string> writes;
  double time = 100;

  ProgressOptions options(Style style, int width = 80) {
    return {.style = style,
            .width = width,
            .unicode = false,
            .write = [this](std::string_view text) { writes.emplace_back(text); },
            .now = [this] { return time; }};
  }
};

TEST(Progress, BarShowsShareCountsRateAndTimeLeft) {
  Screen screen;
  Progress progress(screen.options(Style::kBar));
  progress.begin("reading", 200, "tokens");
  screen.time += 4;
  progress.advance(50);
  EXPECT_THAT(
      screen.writes,
      ElementsAre("\rreading  25% ######--------------------- 50/200 tokens  12.5 tokens/s  "
                  "12s left\x1b[K"));
  progress.end();
  EXPECT_EQ(screen.writes[1], "\r\x1b[K");
  EXPECT_EQ(screen.writes[2], "reading: 50 tokens in 4.0s (12.5 tokens/s)\n");
}

TEST(Progress, BarIsDrawnTenTimesASecondAtMost) {
  Screen screen;
  Progress progress(screen.options(Style::kBar));
  progress.begin("x", 1000, "steps");
  for (int i = 0; i < 1000; ++i) {
    screen.time += 0.001;
    progress.advance();
  }
  EXPECT_GE(screen.writes.size(), 8u);
  EXPECT_LE(screen.writes.size(), 10u);
}

TEST(Progress, BarFitsEveryWidth) {
  for (int width = 1; width <= 130; ++width) {
    Screen screen;
    ProgressOptions options = screen.options(Style::kBar, width);
    options.unicode = true;
    Progress progress(options);
    progress.begin("r\u00e9ading", 1000000, "tokens");
    screen.time += 1;
    progress.advance(1234);
    std::string line = screen.writes.at(0).substr(1);
    ASSERT_THAT(line, EndsWith("\x1b[K"));
    line.resize(line.size() - 3);
    int columns = 0;
    for (char c : line) {
      columns += (c & 0xc0) != 0x80 ? 1 : 0;
    }
    EXPECT_LT(columns, std::max(width, 2)) << line;
    if (width >= 90) {
      EXPECT_THAT(line, HasSubstr("\u2591"));
      EXPECT_THAT(line, HasSubstr("1,234/1,000,000 tokens  1234 tokens/s  13m 29s left"));
    }
  }
}

TEST(Progress, RateIsOfTheLastSeconds) {
  Screen screen;
  Progress progress(screen.options(Style::kBar));
  progress.begin("x", 0, "steps");
  for (int i = 0; i < 100; ++i) {  // fast for ten seconds
    screen.time += 0.1;
    progress.advance(100);
  }
  for (int i = 0; i < 100; ++i) {  // then slow
    screen.time += 0.1;
    progress.advance(1);
  }
  EXPECT_THAT(screen.writes.back(), HasSubstr("10,100 steps  10.0 steps/s"));
}

TEST(Progress, LinesComeEveryFiveSeconds) {
  Screen screen;
  Progress progress(screen.options(Style::kLines));
  progress.begin("perplexity", 20, "windows");
  for (int i = 0; i < 12; ++i) {
    screen.time += 1;
    progress.advance();
  }
  progress.end();
  EXPECT_THAT(screen.writes,
              ElementsAre("perplexity: 25% (5 of 20 windows), 1.0 windows/s, 15s left",
                          "perplexity: 50% (10 of 20 windows), 1.0 windows/s, 10s left",
                          "perplexity: 12 windows in 12s (1.0 windows/s)"));
}

TEST(Progress, ShortWorkAndQuietWorkSayNothing) {
  for (Style style : {Style::kOff, Style::kBar, Style::kLines}) {
    Screen screen;
    {
      Progress progress(screen.options(style));
      progress.begin("x", 3, "steps");
      screen.time += 0.05;
      progress.advance(3);
      progress.end();
      progress.end();
    }
    EXPECT_THAT(screen.writes, IsEmpty());
  }
}

TEST(Progress, AnUnfinishedBarIsClearedWhenItsOwnerGoes) {
  Screen screen;
  {
    Progress progress(screen.options(Style::kBar));
    progress.begin("x", 3, "steps");
    screen.time += 1;
    progress.advance();
    ::testing::internal::CaptureStderr();
    log(LogLevel::kError, "e");
    EXPECT_THAT(::testing::internal::GetCapturedStderr(), StartsWith("\r\x1b[K"));
  }
  EXPECT_EQ(screen.writes.back(), "\r\x1b[K");
}

TEST(Progress, CountsStepsOfManyThreads) {
  Screen screen;
  Progress progress(screen.options(Style::kBar));
  progress.begin("x", 4000, "steps");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&progress] {
      for (int i = 0; i < 1000; ++i) {
        progress.advance();
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  screen.time += 1;
  progress.advance(0);
  EXPECT_THAT(screen.writes.back(), HasSubstr("100%"));
  EXPECT_THAT(screen.writes.back(), HasSubstr("4,000/4,000 steps"));
}

TEST(Progress, StderrOptionsFollowTheDescriptor) {
  EXPECT_EQ(progress_for_stderr(true, false).style, Style::kOff);
  ::testing::internal::CaptureStderr();  // a file, no terminal
  EXPECT_EQ(progress_for_stderr(false, false).style, Style::kLines);
  ::testing::internal::GetCapturedStderr();
}

}  // namespace
}  // namespace sextant
