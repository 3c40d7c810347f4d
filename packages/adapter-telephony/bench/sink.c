/*
 * Ears for many calls: one UDP port, and of each packet the time at which the kernel got it. Compares the audio with
 * what was to be played, byte for byte, and follows each source's sequence. Who is late may leave a stretch out, as its
 * timestamps then tell, or hold the audio up: its timestamps jump, and the audio goes on where it was.
 *
 *   sink TRACK        TRACK: a file with the line from its first packet on; silence comes first, and may last longer
 *   > mark            forget what was measured, not where each call is
 *   > report          a line of JSON
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <math.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define SOURCES 65536
#define BATCH 64
#define BUCKETS 400000 /* of 1 microsecond: deviations of up to 0.4 s */

struct source { uint32_t ssrc; int used; uint16_t sequence; uint32_t first; int64_t at; int speaking; long next; };
static struct source sources[SOURCES];
static uint32_t histogram[BUCKETS + 1];
static uint64_t packets, lost, wrong, held, measured;
static uint32_t calls;
static double most;
static uint8_t *track;
static long length, silence;

static struct source *find(uint32_t ssrc) {
  uint32_t at = (ssrc * 2654435761u) >> 16;
  while (sources[at].used && sources[at].ssrc != ssrc) at = (at + 1) % SOURCES;
  return &sources[at];
}

static int is(const uint8_t *audio, long size, long from) {
  return from >= 0 && from + size <= length && !memcmp(audio, track + from, size);
}

static int silent(const uint8_t *audio, long size) {
  while (size > 0 && audio[size - 1] == track[0]) size--;
  return size == 0;
}

static void compare(struct source *source, const uint8_t *audio, long size, uint32_t timestamp) {
  if (!source->speaking && silent(audio, size)) return;
  long from = (uint32_t)(timestamp - source->first);
  if (!source->speaking) {
    source->speaking = 1;
    source->next = silence;
  }
  if (!is(audio, size, from)) {
    if (is(audio, size, source->next)) {
      held++;
      from = source->next;
      source->first = timestamp - from;
    } else wrong++;
  }
  source->next = from + size;
}

static void take(const uint8_t *packet, int size, int64_t at) {
  if (size < 12 || packet[0] != 0x80) return;
  uint16_t sequence = packet[2] << 8 | packet[3];
  uint32_t timestamp, ssrc;
  memcpy(&timestamp, packet + 4, 4);
  memcpy(&ssrc, packet + 8, 4);
  timestamp = ntohl(timestamp);
  struct source *source = find(ssrc);
  packets++;
  if (!source->used) {
    *source = (struct source){ssrc, 1, sequence, timestamp, at, 0, 0};
    calls++;
  } else {
    lost += (uint16_t)(sequence - source->sequence - 1);
    double deviation = fabs((at - source->at) / 1000.0 - 20000);
    histogram[deviation >= BUCKETS ? BUCKETS : (int)deviation]++;
    measured++;
    if (deviation > most) most = deviation;
    source->sequence = sequence;
    source->at = at;
  }
  compare(source, packet + 12, size - 12, timestamp);
}

static double percentile(double part) {
  uint64_t wanted = ceil(measured * part), seen = 0;
  for (int i = 0; i <= BUCKETS; i++)
    if ((seen += histogram[i]) >= wanted) return i / 1000.0;
  return 0;
}

int main(int argc, char **argv) {
  FILE *file = argc > 1 ? fopen(argv[1], "rb") : NULL;
  if (!file) return 1;
  fseek(file, 0, SEEK_END);
  length = ftell(file);
  rewind(file);
  track = malloc(length);
  if (fread(track, 1, length, file) != (size_t)length) return 1;
  while (silence < length && track[silence] == track[0]) silence++;

  int udp = socket(AF_INET, SOCK_DGRAM, 0), on = 1, room = 64 << 20;
  setsockopt(udp, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  if (setsockopt(udp, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room)) setsockopt(udp, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof here;
  if (bind(udp, (struct sockaddr *)&here, sizeof here) || getsockname(udp, (struct sockaddr *)&here, &size)) return 1;
  printf("{\"port\":%d}\n", ntohs(here.sin_port));
  fflush(stdout);

  static uint8_t buffers[BATCH][2048], controls[BATCH][256];
  struct iovec pieces[BATCH];
  struct mmsghdr messages[BATCH];
  for (;;) {
    /* Now and then, and not for every packet: whoever sends pays for waking us up. The kernel keeps the times. */
    usleep(5000);
    struct pollfd asked = {0, POLLIN, 0};
    for (int full = 1; full;) {
      for (int i = 0; i < BATCH; i++) {
        pieces[i] = (struct iovec){buffers[i], sizeof buffers[i]};
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &pieces[i], .msg_iovlen = 1, .msg_control = controls[i], .msg_controllen = sizeof controls[i]};
      }
      int count = recvmmsg(udp, messages, BATCH, MSG_DONTWAIT, NULL);
      full = count == BATCH;
      for (int i = 0; i < count; i++)
        for (struct cmsghdr *c = CMSG_FIRSTHDR(&messages[i].msg_hdr); c; c = CMSG_NXTHDR(&messages[i].msg_hdr, c))
          if (c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec t;
            memcpy(&t, CMSG_DATA(c), sizeof t);
            take(buffers[i], messages[i].msg_len, t.tv_sec * 1000000000LL + t.tv_nsec);
          }
    }
    if (poll(&asked, 1, 0) > 0) {
      char line[64];
      ssize_t got = read(0, line, sizeof line);
      if (got <= 0) return 0;
      if (line[0] == 'm') {
        memset(histogram, 0, sizeof histogram);
        packets = lost = wrong = held = measured = 0;
        most = 0;
      } else {
        printf("{\"calls\":%u,\"packets\":%llu,\"lost\":%llu,\"wrong\":%llu,\"held\":%llu,\"p50\":%.3f,\"p99\":%.3f,\"most\":%.3f}\n", calls,
               (unsigned long long)packets, (unsigned long long)lost, (unsigned long long)wrong, (unsigned long long)held, percentile(0.5), percentile(0.99), most / 1000);
        fflush(stdout);
      }
    }
  }
}
