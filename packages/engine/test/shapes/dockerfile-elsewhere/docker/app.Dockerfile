FROM busybox:1
COPY . /context/
