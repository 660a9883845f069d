#include "sextant/text/byte_alphabet.h"

#include <gtest/gtest.h>

#include <set>

#include "sextant/text/decoder.h"
#include "sextant/text/hash.h"

namespace sextant::text {
namespace {

TEST(ByteAlphabet, GivesEachByteALetterOfItsOwn) {
  std::set<uint32_t> letters;
  for (int byte = 0; byte < 256; ++byte) {
    letters.insert(byte_to_letter(static_cast<uint8_t>(byte)));
  }
  EXPECT_EQ(letters.size(), 256u);
  EXPECT_EQ(*letters.begin(), 0x21u);
  EXPECT_EQ(*letters.rbegin(), 0x143u);
}

// Bytes that print stand for themselves; the others follow one another from U+0100.
TEST(ByteAlphabet, IsThatOfGpt2) {
  const std::pair<int, uint32_t> cases[] = {
      {0x00, 0x100}, {'\n', 0x10A}, {' ', 0x120},  {'!', '!'},    {'a', 'a'},
      {'~', '~'},    {0x7F, 0x121}, {0x80, 0x122}, {0xA0, 0x142}, {0xA1, 0xA1},
      {0xAC, 0xAC},  {0xAD, 0x143}, {0xAE, 0xAE},  {0xFF, 0xFF}};
  for (const auto& [byte, letter] : cases) {
    EXPECT_EQ(byte_to_letter(static_cast<uint8_t>(byte)), letter) << byte;
  }
  EXPECT_EQ(letters_of_bytes(" the\n"), "\u0120the\u010A");
  EXPECT_EQ(letters_of_bytes("\u00E9"), "\u00C3\u00A9");
}

TEST(ByteAlphabet, ReadsBackWhatItWrites) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) {
    all.push_back(static_cast<char>(byte));
  }
  EXPECT_EQ(bytes_of_letters(letters_of_bytes(all)), all);
  EXPECT_EQ(bytes_of_letters(""), "");
}

TEST(ByteAlphabet, EntriesWithOtherLettersHaveNoBytes) {
  for (const std::string entry :
       {" ", "a b", "\n", "\u0144", "\u6F22", "\u00A0", "\u00AD", "a\xC3", "\U0001F600", "\x7F"}) {
    EXPECT_EQ(bytes_of_letters(entry), std::nullopt) << ::testing::PrintToString(entry);
  }
}

TEST(ByteAlphabet, TheDecoderLeavesOtherEntriesAsTheyAre) {
  const auto decoder = make_byte_level_decoder();
  for (const bool first : {true, false}) {
    std::string entry = "\u0120the";
    decoder->apply(entry, first);
    EXPECT_EQ(entry, " the");
    entry = "\u00E2\u0124";  // half a character
    decoder->apply(entry, first);
    EXPECT_EQ(entry, "\xE2\x82");
    entry = "<| end |>";
    decoder->apply(entry, first);
    EXPECT_EQ(entry, "<| end |>");
  }
}

TEST(Hash, LoadsWordsOfEachSize) {
  const std::string bytes = "\x01\x82\x03\x84\x05\x86\x07\x88";
  uint64_t expected = 0;
  for (size_t count = 0; count <= 8; ++count) {
    // Exactly so many bytes, for the sanitizers to guard.
    const std::vector<char> exact(bytes.begin(),
                                  bytes.begin() + static_cast<std::ptrdiff_t>(count));
    EXPECT_EQ(load_word(exact.data(), count), expected) << count;
    if (count < 8) {
      expected |= static_cast<uint64_t>(static_cast<uint8_t>(bytes[count])) << (8 * count);
    }
  }
}

// Zeros are padding in words: the size has to tell the strings apart.
TEST(Hash, TellsRunsOfZerosApart) {
  std::set<uint64_t> hashes;
  for (size_t size = 0; size < 100; ++size) {
    hashes.insert(hash_bytes(std::string(size, '\0'), 12345));
  }
  EXPECT_EQ(hashes.size(), 100u);
  EXPECT_NE(hash_bytes("abc", 1), hash_bytes("abc", 2));
  EXPECT_EQ(process_key(), process_key());
}

}  // namespace
}  // namespace sextant::text
