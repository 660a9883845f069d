#include "sextant/text/byte_trie.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

namespace sextant::text {
namespace {

ByteTrie build(std::vector<ByteTrie::Entry> entries) {
  return value_or_throw(ByteTrie::build(entries, "test"));
}

TEST(ByteTrie, FindsTheLongestKey) {
  const ByteTrie trie = build({{"a", 1}, {"abc", 2}, {"abd", 3}, {"\xFF", 4}, {"b", 5}});
  EXPECT_FALSE(trie.empty());
  EXPECT_EQ(trie.longest("abcx", 0).length, 3u);
  EXPECT_EQ(trie.longest("abcx", 0).value, 2);
  EXPECT_EQ(trie.longest("abx", 0).length, 1u);
  EXPECT_EQ(trie.longest("xab", 1).value, 1);
  EXPECT_EQ(trie.longest("\xFF", 0).value, 4);
  EXPECT_EQ(trie.longest("x", 0).length, 0u);
  EXPECT_EQ(trie.longest("a", 1).length, 0u);
}

TEST(ByteTrie, EmptyFindsNothing) {
  EXPECT_TRUE(ByteTrie().empty());
  EXPECT_EQ(ByteTrie().longest("a", 0).length, 0u);
  const ByteTrie trie = build({});
  EXPECT_TRUE(trie.empty());
  EXPECT_EQ(trie.longest("a", 0).length, 0u);
}

TEST(ByteTrie, StepsThroughEveryPrefix) {
  const ByteTrie trie = build({{"ab", 7}, {"ac", 8}});
  const ByteTrie::Node a = trie.step(ByteTrie::kRoot, 'a');
  ASSERT_NE(a, ByteTrie::kNone);
  EXPECT_EQ(trie.value(a), -1);
  EXPECT_EQ(trie.value(trie.step(a, 'b')), 7);
  EXPECT_EQ(trie.value(trie.step(a, 'c')), 8);
  EXPECT_EQ(trie.step(a, 'd'), ByteTrie::kNone);
  EXPECT_EQ(trie.step(a, 0), ByteTrie::kNone);
}

TEST(ByteTrie, EqualsAMapOnRandomKeys) {
  std::mt19937 random(3);
  std::map<std::string, int32_t> map;
  for (int i = 0; i < 3000; ++i) {
    std::string key;
    for (unsigned length = 1 + random() % 6; key.size() < length;) {
      key.push_back(static_cast<char>(random() % 3 == 0 ? random() % 256 : 'a' + random() % 3));
    }
    map.emplace(key, i);
  }
  std::vector<ByteTrie::Entry> entries;
  for (const auto& [key, value] : map) {
    entries.push_back({key, value});
  }
  const ByteTrie trie = build(entries);
  for (const auto& [key, value] : map) {
    const std::string text = key + "aab";
    ByteTrie::Match expected;
    for (size_t length = 1; length <= text.size(); ++length) {
      if (const auto found = map.find(text.substr(0, length)); found != map.end()) {
        expected = {length, found->second};
      }
    }
    EXPECT_EQ(trie.longest(text, 0).length, expected.length);
    EXPECT_EQ(trie.longest(text, 0).value, expected.value);
  }
}

TEST(ByteTrie, RefusesKeysThatComeTwice) {
  std::vector<ByteTrie::Entry> twice = {{"ab", 1}, {"a", 2}, {"ab", 3}};
  const auto trie = ByteTrie::build(twice, "[x] y");
  ASSERT_FALSE(trie);
  EXPECT_EQ(trie.error().message, "[x] y: expected each piece once, found \"ab\" twice");
}

TEST(ByteTrie, LimitsItsNodes) {
  std::vector<std::string> keys;
  for (int i = 0; i < 3100; ++i) {
    keys.push_back(std::to_string(i) + std::string(1000, 'x'));
  }
  std::vector<ByteTrie::Entry> entries(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    entries[i] = {keys[i], 0};
  }
  const auto trie = ByteTrie::build(entries, "[x] y");
  ASSERT_FALSE(trie);
  EXPECT_EQ(trie.error().code, ErrorCode::kOutOfRange);
}

}  // namespace
}  // namespace sextant::text
