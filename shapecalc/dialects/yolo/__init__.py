"""YOLO model files: Ultralytics (`scales`), YOLOv5 and YOLOv7 (`anchors`)."""
