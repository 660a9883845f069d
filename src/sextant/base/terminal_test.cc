#include "sextant/base/terminal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <cstdlib>

namespace sextant {
namespace {

class Terminal : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"NO_COLOR", "CLICOLOR_FORCE", "COLUMNS"}) {
      unsetenv(name);
    }
    setenv("TERM", "xterm", 1);
    const winsize size{.ws_row = 24, .ws_col = 61, .ws_xpixel = 0, .ws_ypixel = 0};
    if (openpty(&master_, &terminal_, nullptr, nullptr, &size) != 0) {
      GTEST_SKIP() << "no pseudo terminal here";
    }
    plain_ = open("/dev/null", O_RDWR);
  }
  void TearDown() override {
    for (int fd : {master_, terminal_, plain_}) {
      close(fd);
    }
  }

  int master_ = -1;
  int terminal_ = -1;
  int plain_ = -1;
};

TEST_F(Terminal, IsRecognisedWithItsWidth) {
  EXPECT_TRUE(is_terminal(terminal_));
  EXPECT_FALSE(is_terminal(plain_));
  EXPECT_EQ(terminal_width(terminal_), 61);
  EXPECT_EQ(terminal_width(plain_), 80);
  setenv("COLUMNS", "132", 1);
  EXPECT_EQ(terminal_width(plain_), 132);
  setenv("COLUMNS", "-3x", 1);
  EXPECT_EQ(terminal_width(plain_), 80);
}

TEST_F(Terminal, ColourFollowsOptionThenEnvironmentThenDescriptor) {
  EXPECT_TRUE(use_colour(ColourMode::kAuto, terminal_));
  EXPECT_FALSE(use_colour(ColourMode::kAuto, plain_));
  setenv("CLICOLOR_FORCE", "0", 1);
  EXPECT_FALSE(use_colour(ColourMode::kAuto, plain_));
  setenv("CLICOLOR_FORCE", "1", 1);
  EXPECT_TRUE(use_colour(ColourMode::kAuto, plain_));
  setenv("NO_COLOR", "1", 1);
  EXPECT_FALSE(use_colour(ColourMode::kAuto, terminal_));
  EXPECT_TRUE(use_colour(ColourMode::kAlways, plain_));
  EXPECT_FALSE(use_colour(ColourMode::kNever, terminal_));
}

TEST_F(Terminal, ADumbTerminalHasNoColour) {
  setenv("TERM", "dumb", 1);
  EXPECT_FALSE(use_colour(ColourMode::kAuto, terminal_));
}

}  // namespace
}  // namespace sextant
