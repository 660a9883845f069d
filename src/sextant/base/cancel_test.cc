#include "sextant/base/cancel.h"

#include <gtest/gtest.h>
#include <csignal>

#include "sextant/base/context.h"

namespace sextant {
namespace {

TEST(CancelToken, IsSetOnceAndStaysSet) {
  CancelToken token;
  EXPECT_FALSE(token.cancelled());
  token.cancel();
  token.cancel();
  EXPECT_TRUE(token.cancelled());
}

TEST(CancelToken, ContextAsksItsToken) {
  ThreadPool pool(1);
  CancelToken token;
  Context context{.pool = pool};
  EXPECT_FALSE(context.cancelled());
  context.cancel = &token;
  EXPECT_FALSE(context.cancelled());
  token.cancel();
  EXPECT_TRUE(context.cancelled());
}

// Signals end or mark the whole process, so each case runs in a child.
TEST(InterruptDeathTest, FirstSignalSetsTheToken) {
  for (int signal : {SIGINT, SIGTERM}) {
    EXPECT_EXIT(
        {
          CancelToken& token = interrupt_token();
          std::raise(signal);
          _exit(token.cancelled() ? 7 : 1);
        },
        ::testing::ExitedWithCode(7), "");
  }
}

TEST(InterruptDeathTest, SecondInterruptEndsTheProcess) {
  EXPECT_EXIT(
      {
        interrupt_token();
        std::raise(SIGINT);
        std::raise(SIGINT);
        _exit(1);
      },
      ::testing::ExitedWithCode(130), "");
}

}  // namespace
}  // namespace sextant
