#include "sextant/io/npy.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "sextant/base/checked.h"
#include "sextant/base/utf8.h"

namespace sextant::io {
namespace {

static_assert(std::endian::native == std::endian::little, "arrays are used in place");

constexpr size_t kMaxHeader = size_t{64} << 10;  // numpy itself refuses more than 10 kB
constexpr size_t kMaxRank = 32;                  // numpy 1's limit
constexpr int kMaxNesting = 16;                  // of lists in a structured type
constexpr int64_t kMaxTextLength = 1024;

struct TypeRow {
  std::string_view code;
  DType dtype;
};

constexpr std::array<TypeRow, 12> kTypes = {{{"f8", DType::kF64},
                                             {"f4", DType::kF32},
                                             {"f2", DType::kF16},
                                             {"i8", DType::kI64},
                                             {"i4", DType::kI32},
                                             {"i2", DType::kI16},
                                             {"i1", DType::kI8},
                                             {"u8", DType::kU64},
                                             {"u4", DType::kU32},
                                             {"u2", DType::kU16},
                                             {"u1", DType::kU8},
                                             {"b1", DType::kBool}}};

// Reads the one kind of Python literal that a header holds:
// {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
class HeaderText {
 public:
  HeaderText(std::string_view text, size_t begin, std::string_view where)
      : text_(text), begin_(begin), where_(where) {}

  Result<NpyHeader> run() {
    NpyHeader header;
    bool seen[3] = {};
    SEXTANT_TRY_VOID(expect('{'));
    while (!accept('}')) {
      SEXTANT_TRY(const std::string_view key, string());
      SEXTANT_TRY_VOID(expect(':'));
      const size_t index = key == "descr" ? 0 : key == "fortran_order" ? 1 : key == "shape" ? 2 : 3;
      if (index == 3 || seen[index]) {
        return bad("each of 'descr', 'fortran_order', 'shape' once", format("'{}'", key));
      }
      seen[index] = true;
      if (index == 0) {
        SEXTANT_TRY(header.descr, descr());
      } else if (index == 1) {
        SEXTANT_TRY(header.fortran_order, boolean());
      } else {
        SEXTANT_TRY(header.shape, shape());
      }
      if (!accept(',')) {
        SEXTANT_TRY_VOID(expect('}'));
        break;
      }
    }
    if (!seen[0] || !seen[1] || !seen[2]) {
      return bad("'descr', 'fortran_order' and 'shape'", "fewer");
    }
    skip_spaces();
    if (at_ != text_.size()) {
      return bad("nothing behind the dictionary", rest());
    }
    return header;
  }

 private:
  Failure bad(std::string_view expected, std::string_view found) const {
    return fail(ErrorCode::kDataLoss, "[io/npz] {}: header at byte {}: expected {}, found {}",
                where_, begin_ + at_, expected, printable(found, 40));
  }

  std::string_view rest() const {
    return at_ == text_.size() ? std::string_view("its end") : text_.substr(at_);
  }

  void skip_spaces() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) {
      ++at_;
    }
  }

  bool accept(char c) {
    skip_spaces();
    if (at_ < text_.size() && text_[at_] == c) {
      ++at_;
      return true;
    }
    return false;
  }

  Result<void> expect(char c) {
    if (!accept(c)) {
      return bad(std::string_view(&c, 1), rest());
    }
    return {};
  }

  Result<std::string_view> string() {
    skip_spaces();
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    const size_t end =
        quote == '\'' || quote == '"' ? text_.find(quote, at_ + 1) : std::string_view::npos;
    if (end == std::string_view::npos) {
      return bad("a string", rest());
    }
    const std::string_view value = text_.substr(at_ + 1, end - at_ - 1);
    if (value.find('\\') != std::string_view::npos || !is_valid_utf8(value)) {
      return bad("a plain string", rest());
    }
    at_ = end + 1;
    return value;
  }

  Result<bool> boolean() {
    skip_spaces();
    for (const bool value : {false, true}) {
      const std::string_view word = value ? "True" : "False";
      if (text_.substr(at_, word.size()) == word) {
        at_ += word.size();
        return value;
      }
    }
    return bad("True or False", rest());
  }

  Result<int64_t> extent() {
    skip_spaces();
    int64_t value = 0;
    const size_t first = at_;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
      const auto shifted = checked_mul<int64_t>(value, 10);
      const auto next = shifted ? checked_add<int64_t>(*shifted, text_[at_] - '0') : shifted;
      if (!next) {
        return bad("an extent below 2^63", text_.substr(first));
      }
      value = *next;
    }
    if (at_ == first) {
      return bad("an extent of zero or more", rest());
    }
    if (at_ < text_.size() && text_[at_] == 'L') {  // Python 2 wrote its long integers so
      ++at_;
    }
    return value;
  }

  Result<Shape> shape() {
    Shape shape;
    SEXTANT_TRY_VOID(expect('('));
    while (!accept(')')) {
      if (shape.size() == kMaxRank) {
        return bad(format("at most {} extents", kMaxRank), rest());
      }
      SEXTANT_TRY(const int64_t value, extent());
      shape.push_back(value);
      if (!accept(',')) {
        SEXTANT_TRY_VOID(expect(')'));
        if (shape.size() == 1) {
          return bad("a comma in a shape of one extent", "none");
        }
        break;
      }
    }
    return shape;
  }

  // A type code; a list of fields is skipped and named by its text.
  Result<std::string> descr() {
    skip_spaces();
    if (at_ == text_.size() || text_[at_] != '[') {
      SEXTANT_TRY(const std::string_view code, string());
      return std::string(code);
    }
    const size_t first = at_;
    int depth = 0;
    do {
      const char c = at_ < text_.size() ? text_[at_] : '\0';
      if (c == '\'' || c == '"') {
        SEXTANT_TRY_VOID(string());
        continue;
      }
      depth += c == '[' || c == '(' ? 1 : c == ']' || c == ')' ? -1 : 0;
      if (c < ' ' || c > '~' || depth > kMaxNesting) {
        return bad("a list of fields", rest());
      }
      ++at_;
    } while (depth > 0);
    return std::string(text_.substr(first, at_ - first));
  }

  std::string_view text_;
  size_t begin_;  // of the text in the array, for messages
  std::string_view where_;
  size_t at_ = 0;
};

// Fills dtype and item_bytes from descr: [order] kind [digits] [unit].
Result<void> resolve_type(NpyHeader& header, std::string_view where) {
  std::string_view code = header.descr;
  const auto unknown = [&] {
    return fail(ErrorCode::kDataLoss,
                "[io/npz] {}: expected an element type as \"<f4\", found "
                "\"{}\"",
                where, printable(header.descr, 40));
  };
  if (code.starts_with('[')) {
    return {};  // structured
  }
  const bool big_endian = code.starts_with('>');
  if (!code.empty() && std::string_view("<>|=").find(code[0]) != std::string_view::npos) {
    code.remove_prefix(1);
  }
  if (code == "O") {
    return {};
  }
  if (code.size() < 2 || std::string_view("biufcSUVMm").find(code[0]) == std::string_view::npos) {
    return unknown();
  }
  int64_t digits = 0;
  size_t used = 1;
  for (; used < code.size() && code[used] >= '0' && code[used] <= '9'; ++used) {
    digits = digits * 10 + (code[used] - '0');
    if (digits > int64_t{1} << 30) {
      return unknown();
    }
  }
  const bool dated = code[0] == 'M' || code[0] == 'm';  // may name a unit: "M8[ns]"
  if (used == 1 || (used < code.size() && !(dated && code[used] == '['))) {
    return unknown();
  }
  header.item_bytes = code[0] == 'U' ? 4 * digits : digits;
  if (!big_endian || digits == 1) {
    const auto* row = std::find_if(kTypes.begin(), kTypes.end(),
                                   [&](const TypeRow& r) { return r.code == code; });
    if (row != kTypes.end()) {
      header.dtype = row->dtype;
    }
  }
  return {};
}

}  // namespace

std::string_view NpyHeader::obstacle() const {
  if (dtype) {
    return "";
  }
  const char first = descr.empty() ? '\0' : descr[0];
  const char kind = first == '<' || first == '>' || first == '|' || first == '=' ? descr[1] : first;
  switch (kind) {
    case '[':
      return "structured elements";
    case 'O':
      return "pickled Python objects";
    case 'U':
    case 'S':
      return "text";
    case 'c':
      return "complex numbers";
    case 'M':
    case 'm':
      return "dates";
    case 'V':
      return "raw bytes";
    default:
      return first == '>' ? "big-endian numbers" : "an unknown element type";
  }
}

std::vector<int64_t> NpyHeader::strides() const {
  const bool one_extent =
      std::count_if(shape.begin(), shape.end(), [](int64_t n) { return n != 1; }) <= 1;
  if (!fortran_order || one_extent) {
    return {};
  }
  std::vector<int64_t> strides(shape.size());
  int64_t step = 1;
  for (size_t i = 0; i < shape.size(); ++i) {
    strides[i] = step;
    step *= shape[i];
  }
  return strides;
}

Result<NpyHeader> parse_npy_header(std::span<const std::byte> bytes, std::string_view where) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  constexpr size_t kPrefix = 8;  // magic, major, minor
  if (!text.starts_with(kNpyMagic) || text.size() < kPrefix + 4) {
    return fail(ErrorCode::kDataLoss,
                "[io/npz] {}: expected an array that begins with \\x93NUMPY, found {} other bytes",
                where, bytes.size());
  }
  const int major = static_cast<unsigned char>(text[6]);
  const int minor = static_cast<unsigned char>(text[7]);
  if (major < 1 || major > 3 || minor != 0) {
    return fail(ErrorCode::kUnsupported, "[io/npz] {}: expected version 1.0 to 3.0, found {}.{}",
                where, major, minor);
  }
  const size_t length_bytes = major == 1 ? 2 : 4;
  uint32_t length = 0;
  std::memcpy(&length, bytes.data() + kPrefix, length_bytes);
  const size_t begin = kPrefix + length_bytes;
  if (length > kMaxHeader || length > text.size() - begin) {
    return fail(ErrorCode::kDataLoss,
                "[io/npz] {}: expected a header of at most {} bytes, it claims {} of {}", where,
                kMaxHeader, length, text.size() - begin);
  }
  SEXTANT_TRY(NpyHeader header, HeaderText(text.substr(begin, length), begin, where).run());
  header.data_begin = begin + length;
  SEXTANT_TRY_VOID(resolve_type(header, where));
  if (header.item_bytes == 0 && !header.dtype) {
    return header;  // the size of pickled and structured data is not known from here
  }
  const auto count = element_count(header.shape);
  const auto expected = count ? checked_mul(*count, header.item_bytes) : std::nullopt;
  const auto found = static_cast<int64_t>(text.size() - header.data_begin);
  if (expected != found) {
    return fail(ErrorCode::kDataLoss, "[io/npz] {}: expected {} bytes for {} of {}, found {}",
                where, expected ? std::to_string(*expected) : "more than 2^63", header.descr,
                to_string(header.shape), found);
  }
  return header;
}

Result<std::string> make_npy_header(DType dtype, const Shape& shape) {
  const auto* row = std::find_if(kTypes.begin(), kTypes.end(),
                                 [&](const TypeRow& r) { return r.dtype == dtype; });
  if (row == kTypes.end()) {
    return fail_with_hint(
        ErrorCode::kUnsupported,
        format("[io/npz] expected an element type that numpy has, found {}", to_string(dtype)),
        "convert to F32 first, or write safetensors");
  }
  std::string extents;
  for (const int64_t extent : shape) {
    extents += std::to_string(extent) + (shape.size() == 1 ? "," : ", ");
  }
  if (shape.size() > 1) {
    extents.resize(extents.size() - 2);
  }
  std::string text = format("{{'descr': '{}{}', 'fortran_order': False, 'shape': ({}), }}",
                            info(dtype).block_bytes == 1 ? "|" : "<", row->code, extents);
  constexpr size_t kBefore = 10;  // magic, version 1.0, 16 bits of length
  const size_t whole = (kBefore + text.size() + 1 + 63) / 64 * 64;
  text.resize(whole - kBefore - 1, ' ');
  text += '\n';
  SEXTANT_CHECK(text.size() <= 0xffff, "rank {}", shape.size());
  std::string header(kNpyMagic);
  header +=
      {'\1', '\0', static_cast<char>(text.size() & 0xff), static_cast<char>(text.size() >> 8)};
  return header + text;
}

std::optional<std::string> npy_text(const NpyHeader& header, std::span<const std::byte> bytes) {
  const bool wide = header.descr.find('U') != std::string::npos;
  const int64_t unit = wide ? 4 : 1;
  const auto count = element_count(header.shape);
  if (header.obstacle() != "text" || header.descr[0] == '>' || !count || *count != 1 ||
      header.item_bytes > kMaxTextLength * unit) {
    return std::nullopt;
  }
  std::string text;
  for (int64_t i = 0; i < header.item_bytes; i += unit) {
    uint32_t value = 0;
    std::memcpy(&value, bytes.data() + header.data_begin + i, static_cast<size_t>(unit));
    if (!wide || value < 0x80) {
      text += static_cast<char>(value);
    } else if (value < 0x800) {
      text += {static_cast<char>(0xc0 | value >> 6), static_cast<char>(0x80 | (value & 0x3f))};
    } else if (value < 0x10000) {
      text += {static_cast<char>(0xe0 | value >> 12), static_cast<char>(0x80 | (value >> 6 & 0x3f)),
               static_cast<char>(0x80 | (value & 0x3f))};
    } else if (value < 0x110000) {
      text +=
          {static_cast<char>(0xf0 | value >> 18), static_cast<char>(0x80 | (value >> 12 & 0x3f)),
           static_cast<char>(0x80 | (value >> 6 & 0x3f)), static_cast<char>(0x80 | (value & 0x3f))};
    } else {
      return std::nullopt;
    }
  }
  text.resize(text.find_last_not_of('\0') + 1);  // numpy fills up with zeros
  if (!is_valid_utf8(text)) {
    return std::nullopt;
  }
  return text;
}

}  // namespace sextant::io
