#include "sextant/cli/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <cstdio>
#include <vector>

#include "sextant/base/json.h"

namespace sextant::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Outcome {
  int status;
  std::string out;
  std::string err;
};

Outcome sextant(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "sextant");
  std::FILE* file = std::tmpfile();
  Outcome outcome;
  ::testing::internal::CaptureStderr();
  {
    Output output(fileno(file));
    outcome.status = run(static_cast<int>(arguments.size()), arguments.data(), output);
  }
  outcome.err = ::testing::internal::GetCapturedStderr();
  std::rewind(file);
  for (int c; (c = std::fgetc(file)) != EOF;) {
    outcome.out += static_cast<char>(c);
  }
  std::fclose(file);
  return outcome;
}

TEST(Run, HelpGoesToStandardOutput) {
  const Outcome main = sextant({"--help"});
  EXPECT_EQ(main.status, 0);
  EXPECT_EQ(main.err, "");
  EXPECT_THAT(main.out, HasSubstr("doctor"));
  const Outcome verb = sextant({"doctor", "-h"});
  EXPECT_EQ(verb.status, 0);
  EXPECT_THAT(verb.out, StartsWith("Usage: sextant doctor [OPTIONS]\n"));
  EXPECT_THAT(verb.out, HasSubstr("--threads NUMBER"));
  EXPECT_THAT(verb.out, HasSubstr("\nExamples:\n"));
}

TEST(Run, VersionNamesTheBuild) {
  const Outcome outcome = sextant({"--version"});
  EXPECT_EQ(outcome.status, 0);
  for (const char* part : {"sextant 0.", "compiler  ", "build     ", "SIMD      "}) {
    EXPECT_THAT(outcome.out, HasSubstr(part));
  }
}

TEST(Run, WrongUseSuggestsTheNearestNameAndExitsWith2) {
  Outcome outcome = sextant({"docter"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err,
            "sextant: error: [cli] unknown command \"docter\"\n"
            "hint: did you mean doctor? `sextant --help` lists all\n");
  outcome = sextant({"doctor", "--jsn"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.err,
            "sextant: error: [cli] doctor: unknown option \"--jsn\"\n"
            "hint: did you mean --json? `sextant doctor --help` lists all\n");
  outcome = sextant({"doctor", "extra"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("[cli] doctor: unexpected argument \"extra\""));
  outcome = sextant({"--thread=4", "doctor"});
  EXPECT_THAT(outcome.err, HasSubstr("did you mean --threads?"));
  outcome = sextant({});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("[cli] expected a command, found none"));
}

TEST(Run, WrongValuesNameOptionExpectedAndFound) {
  Outcome outcome = sextant({"doctor", "--threads", "many"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("[cli] doctor: --threads: expected a whole number from 0 to "
                                     "1024, found \"many\""));
  outcome = sextant({"doctor", "--threads"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("[cli] doctor: --threads: expected a value, found none"));
  outcome = sextant({"--color", "yes", "doctor"});
  EXPECT_THAT(outcome.err, HasSubstr("--color: expected auto, always or never, found \"yes\""));
}

TEST(Run, DoctorReportsTheMachine) {
  const Outcome text = sextant({"doctor", "--threads", "1"});
  EXPECT_EQ(text.status, 0);
  for (const char* part : {"program", "processor", "memory", "GB/s", "LibTorch", "disk"}) {
    EXPECT_THAT(text.out, HasSubstr(part));
  }
  const Outcome outcome = sextant({"doctor", "--json", "--threads", "1"});
  const auto json = parse_json(outcome.out, "doctor");
  ASSERT_TRUE(json) << outcome.out;
  EXPECT_EQ((*json)["schema_version"], 1);
  EXPECT_GT((*json)["checks"][3]["data"]["read_1_thread"].get<double>(), 1e8);
}

TEST(Run, ReferenceNamesEveryCommand) {
  const Outcome outcome = sextant({"--dump-reference"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, HasSubstr("## sextant doctor"));
  EXPECT_THAT(outcome.out, HasSubstr("| `--log-format text\\|json` |"));
}

TEST(Run, AFullOutputExitsWith5AndAClosedOneQuietly) {
  std::FILE* full = std::fopen("/dev/full", "w");
  if (full == nullptr) {
    GTEST_SKIP() << "no /dev/full here";
  }
  const char* const arguments[] = {"sextant", "--help"};
  ::testing::internal::CaptureStderr();
  Output output(fileno(full));
  EXPECT_EQ(run(2, arguments, output), 5);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("No space left on device"));
  std::fclose(full);

  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  close(ends[0]);
  ::testing::internal::CaptureStderr();
  Output closed(ends[1]);
  EXPECT_EQ(run(2, arguments, closed), 0);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
  close(ends[1]);
}

}  // namespace
}  // namespace sextant::cli
