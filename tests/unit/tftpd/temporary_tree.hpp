// A served tree in a temporary folder, gone with the object.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include "core/contracts/durable.hpp"

namespace plugtone::tftpd {

class TemporaryTree {
public:
    TemporaryTree() {
        std::string name = (std::filesystem::temp_directory_path() / "tftpd_test.XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr)
            throw std::system_error(errno, std::generic_category(), "mkdtemp");
        root_ = name;
    }
    TemporaryTree(const TemporaryTree&) = delete;
    TemporaryTree& operator=(const TemporaryTree&) = delete;
    ~TemporaryTree() {
        std::error_code ignored;
        std::filesystem::remove_all(root_, ignored);
    }

    std::string path(const std::string& below = "") const { return (root_ / below).string(); }
    void folder(const std::string& below) const {
        std::filesystem::create_directories(root_ / below);
    }
    void write(const std::string& below, const std::string& content) const {
        folder(std::filesystem::path(below).parent_path().string());
        std::ofstream(root_ / below, std::ios::binary) << content;
    }
    void link(const std::string& below, const std::string& target) const {
        std::filesystem::create_symlink(target, root_ / below);
    }
    // As the agent switches generations.
    void switch_to(const std::string& generation) const {
        if (!replace_link(path("config"), "generations/" + generation))
            throw std::runtime_error("replace_link");
    }

private:
    std::filesystem::path root_;
};

} // namespace plugtone::tftpd
