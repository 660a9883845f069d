#include "sextant/text/unicode.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <span>
#include <utility>
#include <vector>

#include "sextant/text/unicode_tables.h"
#include "sextant/text/utf8.h"

namespace sextant::text {
namespace {

constexpr size_t kBlock = 256;
constexpr size_t kBlocks = kCodePointEnd / kBlock;

uint16_t category_flags(Category category) {
  switch (category) {
    case Category::kLu:
    case Category::kLl:
    case Category::kLt:
    case Category::kLm:
    case Category::kLo:
      return char_class::kLetter;
    case Category::kNd:
    case Category::kNl:
    case Category::kNo:
      return char_class::kNumber;
    case Category::kZs:
    case Category::kZl:
    case Category::kZp:
      return char_class::kSpace;
    default:
      return 0;
  }
}

// One word per code point, before equal blocks are folded.
std::vector<uint16_t> flat_words() {
  std::vector<uint16_t> words(kCodePointEnd, 0);
  for (size_t i = 0; i < tables::kCategoryChangesSize; ++i) {
    const uint32_t change = tables::kCategoryChanges[i];
    const uint32_t end =
        i + 1 < tables::kCategoryChangesSize ? tables::kCategoryChanges[i + 1] >> 5 : kCodePointEnd;
    const auto value = static_cast<uint16_t>(change & char_class::kCategoryMask);
    std::fill(words.begin() + (change >> 5), words.begin() + end,
              static_cast<uint16_t>(value | category_flags(static_cast<Category>(value))));
  }
  const auto mark = [&words](const tables::CodeRange* ranges, size_t count, uint16_t flag) {
    for (const tables::CodeRange& range : std::span(ranges, count)) {
      for (uint32_t code = range.first; code <= range.last; ++code) {
        words[code] |= flag;
      }
    }
  };
  // White space outside the Z categories.
  const tables::CodeRange controls[] = {{0x09, 0x0D}, {0x85, 0x85}};
  mark(controls, std::size(controls), char_class::kSpace);
  mark(tables::kWord, tables::kWordSize, char_class::kWord);
  mark(tables::kNumeric, tables::kNumericSize, char_class::kNumeric);
  mark(tables::kPunctuation, tables::kPunctuationSize, char_class::kPunctuation);
  mark(tables::kAccents, tables::kAccentsSize, char_class::kAccent);
  mark(tables::kBertRemoved, tables::kBertRemovedSize, char_class::kBertRemoved);
  mark(tables::kBertAccents, tables::kBertAccentsSize, char_class::kBertAccent);
  mark(tables::kUnnormalized, tables::kUnnormalizedSize, char_class::kUnnormalized);
  mark(tables::kNewer, tables::kNewerSize, char_class::kNewer);
  return words;
}

struct FoldedTable {
  std::vector<uint16_t> blocks;
  std::vector<uint16_t> words;

  FoldedTable() {
    const std::vector<uint16_t> flat = flat_words();
    blocks.reserve(kBlocks);
    for (size_t block = 0; block < kBlocks; ++block) {
      blocks.push_back(block_number(std::span(flat).subspan(block * kBlock, kBlock)));
    }
  }

 private:
  // Equal blocks mostly follow each other (ideographs, unassigned planes) or are the first of
  // their kind; searching backwards finds them at once.
  uint16_t block_number(std::span<const uint16_t> block) {
    const size_t count = words.size() / kBlock;
    for (size_t i = count; i-- > 0;) {
      if (std::memcmp(&words[i * kBlock], block.data(), kBlock * sizeof(uint16_t)) == 0) {
        return static_cast<uint16_t>(i);
      }
    }
    words.insert(words.end(), block.begin(), block.end());
    return static_cast<uint16_t>(count);
  }
};

}  // namespace

uint32_t code_point_at(std::string_view text, size_t position) {
  return position < text.size() ? decode_utf8(text, position).value : kCodePointEnd;
}

uint32_t code_point_before(std::string_view text, size_t position) {
  for (size_t size = 1; size <= 4 && size <= position; ++size) {
    const CodePoint code = decode_utf8(text.substr(0, position), position - size);
    if (code.valid && code.length == size) {
      return code.value;
    }
  }
  return position > 0 ? static_cast<uint32_t>(kReplacementCharacter) : kCodePointEnd;
}

size_t white_space_begin(std::string_view text, size_t position, size_t limit) {
  while (position > limit) {
    const uint32_t code = code_point_before(text, position);
    if (!is_space(code)) {
      break;
    }
    position -= code < 0x80 ? 1 : code < 0x800 ? 2 : 3;  // no white space lies beyond U+3000
  }
  return std::max(position, limit);
}

size_t white_space_end(std::string_view text, size_t position) {
  while (position < text.size()) {
    const CodePoint code = decode_utf8(text, position);
    if (!is_space(code.value)) {
      break;
    }
    position += code.length;
  }
  return position;
}

ClassTable class_table() {
  static const FoldedTable table;
  return {table.blocks.data(), table.words.data()};
}

void append_lower(std::string& out, uint32_t code) {
  if (code < 0x80) {
    out.push_back(static_cast<char>(code >= 'A' && code <= 'Z' ? code + 32 : code));
    return;
  }
  if (code == 0x130) {  // the one code point whose lower case is two: i and a dot above
    out.append("i\u0307");
    return;
  }
  const std::span<const tables::LowerRun> runs(tables::kLowerRuns, tables::kLowerRunsSize);
  const auto next =
      std::upper_bound(runs.begin(), runs.end(), code,
                       [](uint32_t c, const tables::LowerRun& r) { return c < r.first; });
  if (next != runs.begin()) {
    const tables::LowerRun& run = *std::prev(next);
    if (code <= run.last && (code - run.first) % run.step == 0) {
      code = static_cast<uint32_t>(static_cast<int32_t>(code) + run.delta);
    }
  }
  append_utf8(out, code);
}

}  // namespace sextant::text
