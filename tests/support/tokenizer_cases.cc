#include "support/tokenizer_cases.h"

#include <cstdio>
#include <sstream>
#include <stdexcept>

#include "sextant/base/json.h"
#include "support/test_data.h"

namespace sextant::test_data {
namespace {

std::filesystem::path folder() { return repository("tests/parity/tokenizers"); }

std::vector<std::vector<int32_t>> read_ids(const std::filesystem::path& path) {
  std::istringstream lines(read(path));
  std::vector<std::vector<int32_t>> out;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream numbers(line);
    auto& ids = out.emplace_back();
    for (int32_t id = 0; numbers >> id;) {
      ids.push_back(id);
    }
  }
  return out;
}

std::vector<TokenizerCase> join(const std::vector<std::string>& texts,
                                std::vector<std::vector<int32_t>> ids, std::string_view name) {
  if (ids.size() != texts.size()) {
    throw std::runtime_error("ids of " + std::string(name) + ": " + std::to_string(ids.size()) +
                             " lines for " + std::to_string(texts.size()) + " texts");
  }
  std::vector<TokenizerCase> out;
  for (size_t i = 0; i < texts.size(); ++i) {
    out.push_back({texts[i], std::move(ids[i])});
  }
  return out;
}

std::string joined(const std::vector<int32_t>& ids) {
  std::string out;
  for (const int32_t id : ids) {
    out += std::to_string(id) + " ";
  }
  return out;
}

}  // namespace

const std::vector<std::string>& tokenizer_texts() {
  static const std::vector<std::string> texts = [] {
    std::istringstream lines(read(folder() / "strings.jsonl"));
    std::vector<std::string> out;
    for (std::string line; std::getline(lines, line);) {
      out.push_back(Json::parse(line).at("text"));
    }
    return out;
  }();
  return texts;
}

std::vector<TokenizerCase> tokenizer_cases(std::string_view name) {
  return join(tokenizer_texts(), read_ids(folder() / (std::string(name) + ".ids")), name);
}

std::vector<TokenizerCase> tokenizer_vectors(const std::filesystem::path& folder,
                                             std::string_view name) {
  constexpr std::string_view kSeparator = "\n__ggml_vocab_test__\n";
  const std::string stem = "testvec." + std::string(name);
  const std::string all = read(folder / (stem + ".inp"));
  std::vector<std::string> texts;
  size_t begin = 0;
  for (size_t end = 0; (end = all.find(kSeparator, begin)) != std::string::npos;) {
    texts.push_back(all.substr(begin, end - begin));
    begin = end + kSeparator.size();
  }
  return join(texts, read_ids(folder / (stem + ".out")), name);
}

std::string tokenizer_differences(const text::Tokenizer& tokenizer,
                                  const std::vector<TokenizerCase>& cases,
                                  const text::EncodeOptions& options) {
  std::string out;
  for (const TokenizerCase& one : cases) {
    const std::vector<int32_t> found = tokenizer.encode(one.text, options);
    if (found != one.ids) {
      out += Json(one.text).dump() + "\n  expected " + joined(one.ids) + "\n  found    " +
             joined(found) + "\n";
    }
  }
  return out;
}

std::string read_gz(const std::filesystem::path& path) {
  FILE* pipe = popen(("gzip -dc '" + path.string() + "'").c_str(), "r");
  std::string out;
  char buffer[65536];
  while (const size_t size = pipe == nullptr ? 0 : std::fread(buffer, 1, sizeof(buffer), pipe)) {
    out.append(buffer, size);
  }
  if (pipe == nullptr || pclose(pipe) != 0) {
    throw std::runtime_error("cannot unpack " + path.string());
  }
  return out;
}

}  // namespace sextant::test_data
