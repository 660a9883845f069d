#include "sextant/text/unicode.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <span>
#include <utility>
#include <vector>

#include "sextant/base/utf8.h"
#include "sextant/text/unicode_tables.h"

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

// Reads a table: five bits a letter, the lowest first, 32 added where more letters follow.
class Numbers {
 public:
  explicit Numbers(const char* text) : next_(text) {}

  bool done() const { return *next_ == '\0'; }
  uint32_t take() {
    uint32_t number = 0;
    for (int shift = 0;; shift += 5) {
      const char c = *next_++;
      const int letter = c >= 'a'   ? c - 'a' + 26
                         : c >= 'A' ? c - 'A'
                         : c >= '0' ? c - '0' + 52
                         : c == '+' ? 62
                                    : 63;
      number |= static_cast<uint32_t>(letter & 31) << shift;
      if (letter < 32) {
        return number;
      }
    }
  }

 private:
  const char* next_;
};

void mark(std::vector<uint16_t>& words, const char* table, uint16_t flag) {
  Numbers numbers(table);
  for (uint32_t code = 0; !numbers.done();) {
    code += numbers.take();
    for (uint32_t count = numbers.take() + 1; count > 0; --count) {
      words[code++] |= flag;
    }
  }
}

// One word per code point, before equal blocks are folded.
std::vector<uint16_t> flat_words() {
  std::vector<uint16_t> words(kCodePointEnd, 0);
  Numbers changes(tables::kCategoryChanges);
  uint32_t value = 0;
  for (uint32_t code = 0; code < kCodePointEnd;) {
    const uint32_t end = changes.done() ? kCodePointEnd : code + changes.take();
    std::fill(words.begin() + code, words.begin() + end, static_cast<uint16_t>(value));
    code = end;
    if (!changes.done()) {
      value = changes.take();
      value |= category_flags(static_cast<Category>(value));
    }
  }
  for (const uint32_t code : {0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x85}) {  // outside the Z categories
    words[code] |= char_class::kSpace;
  }
  mark(words, tables::kWord, char_class::kWord);
  mark(words, tables::kNumeric, char_class::kNumeric);
  mark(words, tables::kPunctuation, char_class::kPunctuation);
  mark(words, tables::kAccents, char_class::kAccent);
  mark(words, tables::kBertRemoved, char_class::kBertRemoved);
  mark(words, tables::kBertAccents, char_class::kBertAccent);
  mark(words, tables::kUnnormalized, char_class::kUnnormalized);
  mark(words, tables::kNewer, char_class::kNewer);
  return words;
}

struct LowerRun {
  uint32_t first;
  uint32_t last;
  uint32_t step;
  int32_t delta;
};

std::vector<LowerRun> read_lower_runs() {
  std::vector<LowerRun> runs;
  Numbers numbers(tables::kLowerRuns);
  for (uint32_t end = 0; !numbers.done();) {
    const uint32_t first = end + numbers.take();
    end = first + numbers.take();
    const uint32_t step = numbers.take();
    const uint32_t delta = numbers.take();
    const auto size = static_cast<int32_t>(delta / 2);
    runs.push_back({first, end, step, delta % 2 == 0 ? size : -size});
  }
  return runs;
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
  static const std::vector<LowerRun> runs = read_lower_runs();
  const auto next = std::upper_bound(runs.begin(), runs.end(), code,
                                     [](uint32_t c, const LowerRun& run) { return c < run.first; });
  if (next != runs.begin()) {
    const LowerRun& run = *std::prev(next);
    if (code <= run.last && (code - run.first) % run.step == 0) {
      code = static_cast<uint32_t>(static_cast<int32_t>(code) + run.delta);
    }
  }
  append_utf8(out, code);
}

}  // namespace sextant::text
