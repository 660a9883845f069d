#include "sextant/io/hub_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "support/temp_folder.h"

namespace sextant::io {
namespace {

using ::testing::HasSubstr;

constexpr const char* kCommit = "0123456789abcdef0123456789abcdef01234567";

// A cache with one model of one file, laid out as huggingface_hub does.
void fill(const test_data::TempFolder& cache) {
  const std::string model = "models--org--name";
  cache.write(model + "/blobs/abc", "weights");
  cache.write(model + "/refs/main", kCommit);
  const auto snapshot = cache / (model + "/snapshots/" + kCommit);
  std::filesystem::create_directories(snapshot);
  std::filesystem::create_symlink("../../blobs/abc", snapshot / "model.safetensors");
}

TEST(HubCache, FindsTheSnapshotOfABranchOrACommit) {
  const test_data::TempFolder cache;
  fill(cache);
  const auto snapshot = find_in_hub_cache(cache.path(), "org/name");
  ASSERT_TRUE(snapshot) << snapshot.error().describe();
  EXPECT_EQ(*snapshot, cache / (std::string("models--org--name/snapshots/") + kCommit));
  EXPECT_TRUE(std::filesystem::exists(*snapshot / "model.safetensors"));
  EXPECT_EQ(find_in_hub_cache(cache.path(), "org/name", kCommit).value(), *snapshot);
}

TEST(HubCache, PrintsTheCommandThatFetchesAModel) {
  const test_data::TempFolder cache;
  fill(cache);
  const auto absent = find_in_hub_cache(cache.path(), "org/other");
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, ErrorCode::kNotFound);
  EXPECT_THAT(absent.error().message, HasSubstr("org/other (main): not in the cache"));
  EXPECT_THAT(absent.error().hint, HasSubstr("`hf download org/other`"));
  const auto revision = find_in_hub_cache(cache.path(), "org/name", "v2");
  ASSERT_FALSE(revision);
  EXPECT_THAT(revision.error().hint, HasSubstr("`hf download org/name --revision v2`"));
}

TEST(HubCache, MakesNoPathsOfHostileNames) {
  const test_data::TempFolder folder;
  folder.write("secret/refs/main", "x");
  for (const char* id : {"", "/", "..", "../secret", "org/..", "a/b/c", "org/na me", "/etc",
                         "org/name\n", ".hidden", "a--b", "org/", "-x/y"}) {
    EXPECT_FALSE(is_hub_id(id)) << id;
    const auto found = find_in_hub_cache(folder.path(), id);
    ASSERT_FALSE(found) << id;
    EXPECT_EQ(found.error().code, ErrorCode::kInvalidArgument);
  }
  for (const char* id : {"gpt2", "HuggingFaceTB/SmolLM2-135M", "a_b/c.d-e_1"}) {
    EXPECT_TRUE(is_hub_id(id)) << id;
  }
  const auto revision = find_in_hub_cache(folder.path(), "org/name", "../../secret");
  ASSERT_FALSE(revision);
  EXPECT_EQ(revision.error().code, ErrorCode::kInvalidArgument);
}

// The content of a reference is from outside too.
TEST(HubCache, DoesNotFollowAReferenceOutOfTheCache) {
  const test_data::TempFolder cache;
  std::filesystem::create_directories(cache / "models--org--name/snapshots");
  for (const std::string commit : {"../..", "..", "/tmp", "", ".", "a/../.."}) {
    cache.write("models--org--name/refs/main", commit);
    EXPECT_FALSE(find_in_hub_cache(cache.path(), "org/name")) << commit;
  }
  cache.write("models--org--name/refs/main", std::string(100000, 'a'));
  EXPECT_FALSE(find_in_hub_cache(cache.path(), "org/name"));
}

TEST(HubCache, ListsModelsWithASnapshot) {
  const test_data::TempFolder cache;
  fill(cache);
  cache.write("models--org--empty/refs/main", kCommit);
  cache.write("datasets--org--data/refs/main", kCommit);
  cache.write("version.txt", "1");
  std::filesystem::create_directories(cache / (std::string("models--gpt2/snapshots/") + kCommit));
  cache.write("models--gpt2/refs/main", std::string(kCommit) + "\n");
  const auto models = list_hub_cache(cache.path());
  ASSERT_EQ(models.size(), 2U);
  EXPECT_EQ(models[0].id, "gpt2");
  EXPECT_EQ(models[1].id, "org/name");
  EXPECT_TRUE(std::filesystem::is_directory(models[1].snapshot));
  EXPECT_TRUE(list_hub_cache(cache / "none").empty());
}

// Sets a variable for one scope.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* old = std::getenv(name)) {
      old_ = old;
    }
    value == nullptr ? unsetenv(name) : setenv(name, value, 1);
  }
  ~Variable() { old_ ? setenv(name_, old_->c_str(), 1) : unsetenv(name_); }

 private:
  const char* name_;
  std::optional<std::string> old_;
};

TEST(HubCache, FollowsTheEnvironmentInOrder) {
  const Variable home("HOME", "/h");
  const Variable xdg("XDG_CACHE_HOME", nullptr);
  const Variable hf_home("HF_HOME", nullptr);
  const Variable cache("HF_HUB_CACHE", nullptr);
  EXPECT_EQ(hub_cache_folder(), "/h/.cache/huggingface/hub");
  const Variable xdg_set("XDG_CACHE_HOME", "/x");
  EXPECT_EQ(hub_cache_folder(), "/x/huggingface/hub");
  const Variable hf_home_set("HF_HOME", "/f");
  EXPECT_EQ(hub_cache_folder(), "/f/hub");
  const Variable cache_set("HF_HUB_CACHE", "/c");
  EXPECT_EQ(hub_cache_folder(), "/c");
  const Variable cache_empty("HF_HUB_CACHE", "");
  EXPECT_EQ(hub_cache_folder(), "/f/hub");
}

}  // namespace
}  // namespace sextant::io
