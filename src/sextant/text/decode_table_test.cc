#include "sextant/text/decode_table.h"

#include <gtest/gtest.h>

#include <random>

namespace sextant::text {
namespace {

using Entry = DecodeTable::Entry;
using Ids = std::vector<int32_t>;

DecodeTable table_of(const std::vector<Entry>& entries) {
  return {static_cast<int32_t>(entries.size()),
          [&entries](int32_t id) { return entries[static_cast<size_t>(id)]; }};
}

std::string appended(const DecodeTable& table, const Ids& ids, bool keep_special = false,
                     std::string text = "") {
  table.append(ids, keep_special, text);
  return text;
}

// 15 bytes lie in the slot, 16 elsewhere.
TEST(DecodeTable, KeepsEntriesOfEachLength) {
  for (const bool special : {false, true}) {
    std::vector<Entry> entries;
    for (size_t size = 0; size < 70; ++size) {
      entries.push_back({std::string(size, static_cast<char>('0' + size)), special});
    }
    const DecodeTable table = table_of(entries);
    for (int32_t id = 0; id < 70; ++id) {
      EXPECT_EQ(table.bytes(id), entries[static_cast<size_t>(id)].bytes) << id;
      EXPECT_EQ(table.is_special(id), special) << id;
      EXPECT_EQ(appended(table, {id}, true), entries[static_cast<size_t>(id)].bytes) << id;
      EXPECT_EQ(appended(table, {id}, false), special ? "" : table.bytes(id)) << id;
    }
  }
}

TEST(DecodeTable, IdsOutsideGiveNothing) {
  const DecodeTable table = table_of({{"a", false}, {"b", true}});
  for (const int32_t id : {-1, 2, INT32_MAX, INT32_MIN}) {
    EXPECT_FALSE(table.contains(id)) << id;
    EXPECT_FALSE(table.is_special(id)) << id;
    EXPECT_EQ(table.bytes(id), "") << id;
  }
  EXPECT_EQ(appended(table, {-1, 0, 2, 0, INT32_MAX}), "aa");
  EXPECT_FALSE(DecodeTable().contains(0));
  EXPECT_EQ(appended(DecodeTable(), {0, 1}, true, "kept"), "kept");
}

TEST(DecodeTable, AppendsBehindWhatIsThere) {
  const std::string long_one(100, 'L');
  const DecodeTable table =
      table_of({{std::string("\0x", 2), false}, {"<s>", true}, {long_one, false}, {"", false}});
  EXPECT_EQ(appended(table, {}, false, "old"), "old");
  EXPECT_EQ(appended(table, {0, 3, 1, 0}, false, "old"), "old" + std::string("\0x\0x", 4));
  EXPECT_EQ(appended(table, {1, 2}, true, "old"), "old<s>" + long_one);
}

// The guess of the size is too small by far where all entries are long, and too large where none
// has bytes: neither may show in the text.
TEST(DecodeTable, EqualsJoiningOneByOne) {
  std::mt19937 random(8);
  for (const size_t longest : {1u, 4u, 15u, 16u, 17u, 3000u}) {
    std::vector<Entry> entries;
    for (int id = 0; id < 50; ++id) {
      std::string bytes(random() % (longest + 1), '\0');
      for (char& byte : bytes) {
        byte = static_cast<char>(random());
      }
      entries.push_back({bytes, random() % 4 == 0});
    }
    const DecodeTable table = table_of(entries);
    for (const size_t count : {1u, 2u, 7u, 1000u}) {
      Ids ids;
      std::string plain, all;
      for (size_t i = 0; i < count; ++i) {
        ids.push_back(static_cast<int32_t>(random() % entries.size()));
        const Entry& entry = entries[static_cast<size_t>(ids.back())];
        plain += entry.special ? "" : entry.bytes;
        all += entry.bytes;
      }
      ASSERT_TRUE(appended(table, ids) == plain) << longest << " " << count;
      ASSERT_TRUE(appended(table, ids, true) == all) << longest << " " << count;
    }
  }
}

}  // namespace
}  // namespace sextant::text
