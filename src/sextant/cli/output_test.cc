#include "sextant/cli/output.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <csignal>
#include <thread>

#include "sextant/base/error.h"

namespace sextant::cli {
namespace {

using ::testing::HasSubstr;

class Pipe : public ::testing::Test {
 protected:
  void SetUp() override {
    std::signal(SIGPIPE, SIG_IGN);
    ASSERT_EQ(pipe(ends_), 0);
  }
  void TearDown() override {
    close_end(0);
    close_end(1);
  }
  void close_end(int end) {
    if (ends_[end] >= 0) {
      close(ends_[end]);
      ends_[end] = -1;
    }
  }
  std::string read_all() {
    std::string text;
    char buffer[4096];
    for (ssize_t got; (got = read(ends_[0], buffer, sizeof(buffer))) > 0;) {
      text.append(buffer, static_cast<size_t>(got));
    }
    return text;
  }

  int ends_[2] = {-1, -1};
};

TEST_F(Pipe, CollectsUntilFlushed) {
  Output output(ends_[1]);
  output.write("a");
  output.line("{} {}", 1, "b");
  fcntl(ends_[0], F_SETFL, O_NONBLOCK);
  EXPECT_EQ(read_all(), "");
  output.flush();
  output.flush();  // nothing more to write
  EXPECT_EQ(read_all(), "a1 b\n");
}

TEST_F(Pipe, WritesMoreThanThePipeHolds) {
  const std::string big(300000, 'x');
  std::string got;
  std::thread reader([&] { got = read_all(); });
  Output output(ends_[1]);
  output.write(big);
  output.flush();
  close_end(1);
  reader.join();
  EXPECT_EQ(got, big);
}

TEST_F(Pipe, AReaderThatLeftIsNoError) {
  close_end(0);
  Output output(ends_[1]);
  output.write("a");
  EXPECT_THROW(output.flush(), OutputClosed);
}

TEST_F(Pipe, AFullDiskIsAResourceError) {
  const int full = open("/dev/full", O_WRONLY);
  if (full < 0) {
    GTEST_SKIP() << "no /dev/full here";
  }
  Output output(full);
  output.write("abc");
  try {
    output.flush();
    ADD_FAILURE() << "no exception";
  } catch (const SextantError& e) {
    EXPECT_EQ(e.error().code, ErrorCode::kResourceExhausted);
    EXPECT_EQ(exit_status(e.error().code), 5);
    EXPECT_THAT(e.what(), HasSubstr("standard output: wrote 0 of 3 bytes: No space left"));
  }
  close(full);
}

TEST_F(Pipe, AClosedDescriptorIsAnInputOutputError) {
  Output output(-1);
  output.write("abc");
  EXPECT_THROW(output.flush(), SextantError);
}

}  // namespace
}  // namespace sextant::cli
