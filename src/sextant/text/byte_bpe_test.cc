#include "sextant/text/byte_bpe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <random>

#include "sextant/text/byte_alphabet.h"
#include "support/peak_memory.h"

namespace sextant::text {
namespace {

using Ids = std::vector<int32_t>;
using Rule = BpeMerges::Rule;

// The definition, word for word: the lowest rank, of equal ones the leftmost, again and again.
Ids merged_slowly(const std::vector<Rule>& rules, Ids symbols) {
  for (;;) {
    size_t best_rank = rules.size();
    size_t best_place = 0;
    for (size_t i = 0; i + 1 < symbols.size(); ++i) {
      for (size_t rank = rules.size(); rank-- > 0;) {
        if (rules[rank].left == symbols[i] && rules[rank].right == symbols[i + 1]) {
          if (rank < best_rank) {
            best_rank = rank;
            best_place = i;
          }
          break;  // of a pair that comes twice the last counts
        }
      }
    }
    if (best_rank == rules.size()) {
      return symbols;
    }
    symbols[best_place] = rules[best_rank].merged;
    symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(best_place) + 1);
  }
}

Ids merged(const std::vector<Rule>& rules, Ids symbols) {
  BpeMerges::Scratch scratch;
  BpeMerges(rules).merge(symbols, scratch);
  return symbols;
}

TEST(BpeMerges, TheLowestRankGoesFirstThenTheLeftmost) {
  const std::vector<Rule> rules = {{1, 2, 4}, {2, 3, 5}, {1, 1, 6}, {4, 3, 7}};
  EXPECT_EQ(merged(rules, {1, 2, 3}), (Ids{7}));
  EXPECT_EQ(merged(rules, {2, 3, 1}), (Ids{5, 1}));
  EXPECT_EQ(merged(rules, {1, 1, 1}), (Ids{6, 1}));
  EXPECT_EQ(merged(rules, {1, 1, 2}), (Ids{1, 4}));
  EXPECT_EQ(merged(rules, {9, 8}), (Ids{9, 8}));
  EXPECT_EQ(merged(rules, {1}), (Ids{1}));
  EXPECT_EQ(merged(rules, {}), Ids{});
  EXPECT_EQ(merged({}, {1, 2}), (Ids{1, 2}));
}

TEST(BpeMerges, OfAPairThatComesTwiceTheLastCounts) {
  EXPECT_EQ(merged({{1, 2, 4}, {2, 3, 5}, {1, 2, 6}}, {1, 2, 3}), (Ids{1, 5}));
  EXPECT_EQ(merged({{1, 2, 4}, {2, 3, 5}, {1, 2, 6}}, {1, 2}), (Ids{6}));
}

// Random rules over few symbols, so that merges overlap and give symbols that merge on. The sizes
// lie on both sides of the border between the two ways of merging.
TEST(BpeMerges, EqualsTheDefinition) {
  std::mt19937 random(5);
  for (int round = 0; round < 300; ++round) {
    std::vector<Rule> rules(1 + random() % 40);
    for (size_t rank = 0; rank < rules.size(); ++rank) {
      const auto known = static_cast<uint32_t>(3 + rank);
      rules[rank] = {static_cast<int32_t>(random() % known), static_cast<int32_t>(random() % known),
                     static_cast<int32_t>(random() % 4 == 0 ? random() % known : known)};
    }
    Ids symbols(random() % 220);
    for (int32_t& symbol : symbols) {
      symbol = static_cast<int32_t>(random() % 3);
    }
    ASSERT_EQ(merged(rules, symbols), merged_slowly(rules, symbols)) << "round " << round;
  }
}

TEST(ByteIndex, FindsEntriesOfAnyLength) {
  const std::vector<std::string> entries = {"a",
                                            "ab",
                                            "abcdefgh",
                                            "",
                                            "abcdefghi",
                                            "abcdefghj",
                                            std::string(1, '\0'),
                                            std::string(2, '\0'),
                                            std::string(5000, 'x')};
  const ByteIndex index(static_cast<int32_t>(entries.size()),
                        [&](int32_t id) { return entries[static_cast<size_t>(id)]; });
  for (size_t id = 0; id < entries.size(); ++id) {
    EXPECT_EQ(index.find(entries[id]), entries[id].empty() ? -1 : static_cast<int32_t>(id));
  }
  for (const std::string_view other : {"b", "abc", "abcdefg", "abcdefghk", "abcdefghij"}) {
    EXPECT_EQ(index.find(other), -1) << other;
  }
  EXPECT_EQ(index.find(std::string(3, '\0')), -1);
  EXPECT_EQ(ByteIndex().find("a"), -1);
}

TEST(ByteIndex, AnEntryThatComesTwiceIsItsLast) {
  const std::vector<std::string> entries = {"ab", "a long entry", "ab", "a long entry"};
  const ByteIndex index(4, [&](int32_t id) { return entries[static_cast<size_t>(id)]; });
  EXPECT_EQ(index.find("ab"), 2);
  EXPECT_EQ(index.find("a long entry"), 3);
}

Ids encode(const ByteBpe& model, std::vector<std::string> words) {
  Pieces pieces;
  for (const std::string& word : words) {
    pieces.spans.push_back({pieces.text.size(), pieces.text.size() + word.size()});
    pieces.text += word;
  }
  Ids ids;
  model.encode(pieces, ids);
  return ids;
}

// Entries a, b, c, ab, bc, abc, of which merging "abc" gives a and bc.
ByteBpe small(const ByteBpeOptions& options) {
  const std::vector<std::string> entries = {"a", "b", "c", "ab", "bc", "abc", "<unk>"};
  return ByteBpe(value_or_throw(Vocabulary::from_list(entries, "test")),
                 BpeMerges(std::vector<Rule>{{1, 2, 4}, {0, 1, 3}, {3, 2, 5}}), options);
}

TEST(ByteBpe, AWholeEntryIsTakenOnlyIfMergingGivesIt) {
  const ByteBpe merging = small({});
  // Twice: the second time from what was found out.
  EXPECT_EQ(encode(merging, {"abc", "ab", "abc", "ab"}), (Ids{0, 4, 3, 0, 4, 3}));
  const ByteBpe whole = small({.ignore_merges = true, .unknown = {}});
  EXPECT_EQ(encode(whole, {"abc", "ab", "abca"}), (Ids{5, 3, 0, 4, 0}));
}

TEST(ByteBpe, BytesThatTheVocabularyLacks) {
  EXPECT_EQ(encode(small({}), {"axyb", "x"}), (Ids{3}));  // they vanish, and the rest joins
  const ByteBpe unknown = small({.unknown = 6});
  EXPECT_EQ(encode(unknown, {"axyb", "x"}), (Ids{0, 6, 6, 1, 6}));
  const ByteBpe fused = small({.fuse_unknown = true, .unknown = 6});
  EXPECT_EQ(encode(fused, {"axyb", "x", "x"}), (Ids{0, 6, 1, 6, 6}));
  EXPECT_TRUE(fused.lacks_bytes());
  EXPECT_EQ(fused.find("<unk>"), 6);
  EXPECT_EQ(fused.piece(5), "abc");
  EXPECT_EQ(fused.size(), 7);
}

// All bytes, and runs of "a" of 2, 4, ... 256.
ByteBpe doubling() {
  std::vector<std::string> entries;
  for (int byte = 0; byte < 256; ++byte) {
    entries.push_back(letters_of_bytes(std::string(1, static_cast<char>(byte))));
  }
  std::vector<Rule> rules;
  int32_t part = 'a';
  for (size_t size = 2; size <= 256; size *= 2) {
    const auto id = static_cast<int32_t>(entries.size());
    entries.emplace_back(size, 'a');
    rules.push_back({part, part, id});
    part = id;
  }
  return ByteBpe(value_or_throw(Vocabulary::from_list(entries, "test")), BpeMerges(rules), {});
}

TEST(ByteBpe, ALineOfTwoMillionCharactersTakesSecondsAtMost) {
  const ByteBpe model = doubling();
  EXPECT_FALSE(model.lacks_bytes());
  std::string mixed(2'000'000, 'a');
  std::mt19937 random(3);
  for (char& c : mixed) {
    c = random() % 50 == 0 ? 'b' : 'a';
  }
  for (const std::string& line : {std::string(2'000'000, 'a'), mixed}) {
    const auto begin = std::chrono::steady_clock::now();
    const Ids ids = encode(model, {line});
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    std::string joined;
    for (const int32_t id : ids) {
      joined += model.piece(id);
    }
    EXPECT_TRUE(joined == line);
    // Quadratic work would take hours.
    EXPECT_LT(seconds.count(), test_data::sanitized() ? 60 : 2);
  }
}

}  // namespace
}  // namespace sextant::text
