// Scalars as TensorBoard reads them: event files of TFRecords, each a protobuf message `Event`.
//
// One file a run in the folder that TensorBoard is pointed at. A run that resumes writes a further
// file that begins with a session start: TensorBoard then drops the points of the earlier files
// from that step on. A full disk does not stop the run (append_file.h). One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "sextant/base/error.h"
#include "sextant/train/append_file.h"

namespace sextant::train {

// CRC-32C (Castagnoli), and TFRecord's form of it.
uint32_t crc32c(std::string_view bytes);
uint32_t masked_crc32c(std::string_view bytes);

// Whole records. `wall_time`: seconds since 1970.
std::string tensorboard_version(double wall_time);
std::string tensorboard_session_start(double wall_time, int64_t step);
std::string tensorboard_scalar(double wall_time, int64_t step, std::string_view tag, float value);

class TensorBoardLog {
 public:
  // Makes the folder where it is not there. `resumed_step`: negative for a new run; otherwise
  // points of later steps are dropped. Errors: kIo, kResourceExhausted.
  static Result<TensorBoardLog> open(const std::filesystem::path& folder, int64_t resumed_step);

  void write(int64_t step, std::string_view tag, double value);
  const std::filesystem::path& path() const { return path_; }

 private:
  TensorBoardLog(std::filesystem::path path, AppendFile file)
      : path_(std::move(path)), file_(std::move(file)) {}
  void append(const std::string& record);

  std::filesystem::path path_;
  AppendFile file_;
};

}  // namespace sextant::train
