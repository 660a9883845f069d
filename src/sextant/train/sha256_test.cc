#include "sextant/train/sha256.h"

#include <gtest/gtest.h>

#include "support/temp_folder.h"

namespace sextant::train {
namespace {

TEST(Sha256, MatchesTheStandardsExamples) {
  const test_data::TempFolder folder;
  EXPECT_EQ(value_or_throw(sha256_of_file(folder.write("abc", "abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(value_or_throw(sha256_of_file(folder.write("empty", ""))),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_of_file(folder / "none").error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace sextant::train
